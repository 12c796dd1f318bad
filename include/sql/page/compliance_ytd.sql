-- One row: a unit of the roster, year to date, by the official metric, district and communes together.
-- Read by the page: the counts, the table and the ranking, the file.
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
    and period = :period
    and is_official_metric
    and scope = 'total'
order by roster_order, unit_code
