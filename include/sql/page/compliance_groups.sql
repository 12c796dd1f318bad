-- One row: a group of units and a metric, year to date, numerators and denominators pooled.
-- Read by the page: the headline, the definitions beside the official one.
select
    unit_group,
    metric_id,
    is_official_metric,
    numerator,
    denominator,
    rate_percent,
    target_operator,
    target_percent,
    status
from bi.compliance_ytd_group
where
    calendar = 'calendar'
    and period = :period
    and scope = 'total'
order by metric_id, unit_group
