-- One row: a unit and a published month of the period's year up to the period, by the official metric.
-- Read by the page: the heat map. A month that is not published has no row.
select
    period,
    unit_code,
    denominator,
    rate_percent,
    target_percent,
    status,
    reporting_status
from bi.compliance_month
where
    calendar = 'calendar'
    and period between :first_period and :period
    and is_official_metric
    and scope = 'total'
