-- One row: a unit, scope and metric whose figures differ between two publications, in the month or the year to date.
-- Read by publication.difference; a unit that only one of them has differs too. crossed says who passed or fell below the target.
with fact as (
    select
        publication_id,
        'month' as span,
        unit_code,
        scope,
        metric_id,
        metric_version,
        numerator,
        denominator,
        status
    from mart.compliance_month
    where publication_id in (:old_id, :new_id)
    union all
    select
        publication_id,
        'ytd' as span,
        unit_code,
        scope,
        metric_id,
        metric_version,
        numerator,
        denominator,
        status
    from mart.compliance_ytd
    where publication_id in (:old_id, :new_id)
),

compared as (
    select
        span,
        unit_code,
        scope,
        metric_id,
        max(metric_version) filter (where publication_id = :old_id) as old_metric_version,
        max(metric_version) filter (where publication_id = :new_id) as new_metric_version,
        max(numerator) filter (where publication_id = :old_id) as old_numerator,
        max(numerator) filter (where publication_id = :new_id) as new_numerator,
        max(denominator) filter (where publication_id = :old_id) as old_denominator,
        max(denominator) filter (where publication_id = :new_id) as new_denominator,
        max(status) filter (where publication_id = :old_id) as old_status,
        max(status) filter (where publication_id = :new_id) as new_status
    from fact
    group by span, unit_code, scope, metric_id
)

select
    span,
    unit_code,
    scope,
    metric_id,
    old_metric_version,
    new_metric_version,
    old_numerator,
    new_numerator,
    old_denominator,
    new_denominator,
    old_status,
    new_status,
    case
        when new_status = 'met' and coalesce(old_status, '') <> 'met' then 'now_met'
        when old_status = 'met' and coalesce(new_status, '') <> 'met' then 'no_longer_met'
    end as crossed
from compared
where
    (old_metric_version, old_numerator, old_denominator, old_status)
    is distinct from (new_metric_version, new_numerator, new_denominator, new_status)
order by span desc, unit_code, scope desc, metric_id
