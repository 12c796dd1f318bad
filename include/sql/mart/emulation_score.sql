-- One row: a part of a unit's score for emulation, with the published figure it looks at, its points and the most it can bring; 'total'
-- sums.
-- Filled by publication.build from the publication's other marts, by the formula of the jurisdiction's emulation.yaml (no such file: no
-- rows). Points grow in a straight line from no_points_at to full_points_at (percent; `target` is the unit's own), whichever is the
-- greater, and stay within 0 and max_points. A figure without data is left out of the total and its maximum, or brings no points, as the
-- part says. Ranks are by points over maximum within the unit's group: 1, 2, 2, 4.
insert into mart.emulation_score (
    publication_id, period, unit_code, part_id, formula_version, title_vi, title_en, figure, numerator, denominator, points, max_points,
    rank
)
with roster as (
    select
        publication_id,
        period,
        unit_code,
        unit_group,
        reporting_status
    from mart.publication_roster
    where publication_id = :publication_id
),

formula as (
    select
        cast(:emulation as jsonb) -> 'parts' as parts,
        cast(cast(:emulation as jsonb) ->> 'formula_version' as integer) as formula_version,
        cast(:emulation as jsonb) ->> 'title_vi' as title_vi,
        cast(:emulation as jsonb) ->> 'title_en' as title_en
    where cast(:emulation as text) is not null
),

official as (
    select min(metric_id) as metric_id
    from mart.publication_official_metric
    where publication_id = :publication_id
),

part as (
    select
        part.id,
        part.title_vi,
        part.title_en,
        part.figure,
        part.max_points,
        part.no_points_at,
        part.full_points_at,
        part.when_no_data,
        formula.formula_version,
        coalesce(part.metric_id, official.metric_id, '') as metric_id
    from formula
    cross join official
    cross join
        lateral jsonb_to_recordset(formula.parts) as part (
            id text,
            title_vi text,
            title_en text,
            figure text,
            metric_id text,
            max_points numeric,
            no_points_at numeric,
            full_points_at text,
            when_no_data text
        )
),

figure as (
    select
        'online_rate_ytd' as figure,
        metric_id,
        unit_code,
        numerator,
        denominator,
        target_num,
        target_den
    from mart.compliance_ytd
    where
        publication_id = :publication_id
        and scope = 'total'
    union all
    select
        'online_rate_month' as figure,
        metric_id,
        unit_code,
        numerator,
        denominator,
        target_num,
        target_den
    from mart.compliance_month
    where
        publication_id = :publication_id
        and scope = 'total'
    union all
    select
        timeliness.figure,
        null as metric_id,
        month.unit_code,
        timeliness.numerator,
        timeliness.denominator,
        null as target_num,
        null as target_den
    from mart.timeliness_month as month
    cross join
        lateral (
            values
            (
                'on_time_rate',
                month.resolved_early_count + month.resolved_on_time_count,
                month.resolved_count - month.resolved_no_due_date_count
            ),
            ('pending_overdue_rate', month.pending_overdue_count, month.pending_count)
        ) as timeliness (figure, numerator, denominator)
    where month.publication_id = :publication_id
    union all
    select
        'online_payment_rate' as figure,
        null as metric_id,
        unit_code,
        paid_online_count as numerator,
        with_fee_count as denominator,
        null as target_num,
        null as target_den
    from mart.payment_month
    where publication_id = :publication_id
    union all
    select
        'missed_online_rate' as figure,
        null as metric_id,
        unit_code,
        cast(sum(direct_count) as bigint) as numerator,
        cast(sum(eligible_count) as bigint) as denominator,
        null as target_num,
        null as target_den
    from mart.missed_online_month
    where publication_id = :publication_id
    group by unit_code
    union all
    select
        'suspected_rate' as figure,
        null as metric_id,
        unit_code,
        suspected_count as numerator,
        online_count as denominator,
        null as target_num,
        null as target_den
    from mart.suspect_filing_month
    where publication_id = :publication_id
    union all
    select
        'reviews_overdue_rate' as figure,
        null as metric_id,
        unit_code,
        overdue_count as numerator,
        open_count + done_in_year_count as denominator,
        null as target_num,
        null as target_den
    from mart.directive_month
    where
        publication_id = :publication_id
        and register = 'accountability_review'
    union all
    select
        'reported_in_time_rate' as figure,
        null as metric_id,
        unit_code,
        case when reporting_status in ('reported', 'reported_zero') then 1 else 0 end as numerator,
        1 as denominator,
        null as target_num,
        null as target_den
    from roster
    where reporting_status <> 'not_expected'
),

measured as (
    select
        roster.publication_id,
        roster.period,
        roster.unit_code,
        roster.unit_group,
        part.id as part_id,
        part.formula_version,
        part.title_vi,
        part.title_en,
        part.figure,
        part.max_points,
        part.when_no_data,
        figure.numerator,
        figure.denominator,
        part.no_points_at,
        100.0 * figure.numerator / nullif(figure.denominator, 0) as percent,
        case
            when part.full_points_at = 'target' then 100.0 * figure.target_num / figure.target_den
            else cast(part.full_points_at as numeric)
        end as full_points_at
    from roster
    cross join part
    left join figure
        on
            part.figure = figure.figure
            and roster.unit_code = figure.unit_code
            and part.metric_id = coalesce(figure.metric_id, part.metric_id)
),

scored as (
    select
        publication_id,
        period,
        unit_code,
        unit_group,
        part_id,
        formula_version,
        title_vi,
        title_en,
        figure,
        numerator,
        denominator,
        case
            when percent is not null and full_points_at is not null
                then
                    round(
                        max_points * least(greatest((percent - no_points_at) / nullif(full_points_at - no_points_at, 0), 0), 1), 4
                    )
            when when_no_data = 'no_points' then 0
        end as points,
        case
            when (percent is not null and full_points_at is not null) or when_no_data = 'no_points' then max_points
        end as max_points
    from measured
),

total as (
    select
        publication_id,
        period,
        unit_code,
        unit_group,
        formula_version,
        sum(points) as points,
        sum(max_points) as max_points
    from scored
    group by publication_id, period, unit_code, unit_group, formula_version
)

select
    publication_id,
    period,
    unit_code,
    part_id,
    formula_version,
    title_vi,
    title_en,
    figure,
    numerator,
    denominator,
    points,
    max_points,
    null as rank
from scored
union all
select
    total.publication_id,
    total.period,
    total.unit_code,
    'total' as part_id,
    total.formula_version,
    formula.title_vi,
    formula.title_en,
    null as figure,
    null as numerator,
    null as denominator,
    total.points,
    total.max_points,
    case
        when total.max_points > 0
            then rank() over (
                partition by total.unit_group order by round(total.points / nullif(total.max_points, 0), 8) desc nulls last
            )
    end as rank
from total
cross join formula
