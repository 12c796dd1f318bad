-- One row: a row of metric_counts: a metric of a unit and scope in one of its twelve months.
-- Filled by publication.build, for the marts of compliance: each would count all of them again. Dropped with the transaction.
create temporary table metric_count on commit drop as
select
    publication_id,
    publication_period,
    period,
    starts_at,
    is_in_year,
    unit_key,
    unit_code,
    unit_group,
    scope,
    metric_id,
    metric_version,
    reporting_status,
    has_data,
    figures_from,
    target_operator,
    target_num,
    target_den,
    numerator,
    denominator,
    online_level_3_count,
    online_level_4_count,
    online_other_count,
    direct_count,
    post_count,
    is_met
from mart.metric_counts(:publication_id)
