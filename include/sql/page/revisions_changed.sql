-- One row: a publication and a unit whose year-to-date figures or result differ from the revision before it, or that came or went.
-- Read by the page: the list of publications.
with revision as (
    select
        publication_id,
        lag(publication_id) over (
            partition by period
            order by revision
        ) as earlier_publication_id
    from bi.publication
    where
        calendar = 'calendar'
        and kind = 'official'
        and state = 'published'
),

figure as (
    select
        publication_id,
        unit_code,
        unit_name_vi,
        unit_name_en,
        roster_order,
        numerator,
        denominator,
        rate_percent,
        status
    from bi.compliance_ytd_revision
    where
        is_official_metric
        and scope = 'total'
),

later as (
    select
        figure.*,
        revision.publication_id as revised_publication_id
    from revision
    inner join figure
        on revision.publication_id = figure.publication_id
    where revision.earlier_publication_id is not null
),

earlier as (
    select
        figure.*,
        revision.publication_id as revised_publication_id
    from revision
    inner join figure
        on revision.earlier_publication_id = figure.publication_id
)

select
    earlier.numerator as earlier_numerator,
    earlier.denominator as earlier_denominator,
    earlier.rate_percent as earlier_rate_percent,
    earlier.status as earlier_status,
    later.numerator,
    later.denominator,
    later.rate_percent,
    later.status,
    coalesce(later.revised_publication_id, earlier.revised_publication_id) as publication_id,
    coalesce(later.unit_code, earlier.unit_code) as unit_code,
    coalesce(later.unit_name_vi, earlier.unit_name_vi) as unit_name_vi,
    coalesce(later.unit_name_en, earlier.unit_name_en) as unit_name_en
from later
full outer join earlier
    on
        later.revised_publication_id = earlier.revised_publication_id
        and later.unit_code = earlier.unit_code
where
    (later.numerator, later.denominator, later.status)
    is distinct from (earlier.numerator, earlier.denominator, earlier.status)
order by coalesce(later.roster_order, earlier.roster_order), coalesce(later.unit_code, earlier.unit_code)
