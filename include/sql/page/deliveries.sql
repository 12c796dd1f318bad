-- One row: a delivery of the period, newest first.
-- Read by the page: deliveries, a unit's sheet.
select
    source_id,
    period,
    state,
    delivered_at,
    pulled_at,
    record_count,
    accepted_count,
    quarantined_count,
    reasons
from bi.delivery
where period = :period
order by pulled_at desc, source_id asc
