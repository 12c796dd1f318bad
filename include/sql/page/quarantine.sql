-- One row: a source and a fault: rows of the period held back, neither replayed nor dismissed.
-- Read by the page: deliveries, a unit's sheet.
select
    source_id,
    rule,
    row_count,
    remedy
from bi.quarantine_summary
where period = :period
order by row_count desc, source_id asc, rule asc
