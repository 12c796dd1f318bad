-- One row: a unit of the roster in the month, by the official metric, district and communes together.
-- Read by the page: the table and the ranking of the month alone, deliveries, the file.
select
    period,
    unit_code,
    unit_name_vi,
    unit_name_en,
    unit_group,
    scope,
    metric_id,
    metric_version,
    numerator,
    denominator,
    online_level_3_count,
    online_level_4_count,
    online_other_count,
    direct_count,
    post_count,
    rate_percent,
    target_operator,
    target_percent,
    gap_pp,
    status,
    reporting_status,
    rank,
    null::integer as months_reported,
    null::integer as months_expected,
    null::numeric as online_needed_per_month,
    months_missed_in_a_row
from bi.compliance_month
where
    calendar = 'calendar'
    and period = :period
    and is_official_metric
    and scope = 'total'
order by roster_order, unit_code
