-- One row: a scope of one unit (with its communes, itself, its communes), year to date, by the official metric.
-- Read by the page: a unit's sheet.
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
    months_reported,
    months_expected,
    online_needed_per_month,
    null::integer as months_missed_in_a_row
from bi.compliance_ytd
where
    calendar = 'calendar'
    and unit_code = :unit_code
    and period = :period
    and is_official_metric
