-- One row a publication: how many units' year-to-date figures or results differ from the revision before it.
-- Read by the page: the list of publications.
with figures as (
    select
        publication_id,
        period,
        revision,
        unit_code,
        numerator,
        denominator,
        status
    from bi.compliance_ytd_revision
    where
        is_official_metric
        and scope = 'total'
)

select
    revised.publication_id,
    count(*) filter (
        where (revised.numerator, revised.denominator, revised.status)
        is distinct from (earlier.numerator, earlier.denominator, earlier.status)
    ) as changed_unit_count
from figures as revised
inner join figures as earlier
    on
        revised.period = earlier.period
        and revised.unit_code = earlier.unit_code
        and earlier.revision = revised.revision - 1
group by revised.publication_id
