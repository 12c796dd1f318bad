-- One row: an alert that is not resolved, the gravest and newest first.
-- Read by the page: alerts, a unit's sheet.
select
    rule,
    unit_code,
    period,
    state,
    severity,
    message_vi,
    opened_at
from bi.alert
where state <> 'resolved'
order by array_position(array['critical', 'warning', 'info'], severity) asc, opened_at desc, alert_id desc
