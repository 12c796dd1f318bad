-- One row an alert that is not resolved.
-- Read by the page: a unit's sheet.
select
    rule,
    unit_code,
    period,
    state,
    severity,
    message_vi,
    opened_at
from bi.alert
where
    state <> 'resolved'
    and unit_code = :unit_code
order by opened_at desc
