-- One row: a unit of the roster: what is known of its figures for the period.
-- Read by the page: deliveries.
select
    unit_code,
    reporting_status,
    detail,
    detail_vi
from bi.reporting_status_month
where
    calendar = 'calendar'
    and period = :period
