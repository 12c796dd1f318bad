-- One row a source and fault: rows of the period held back and not yet replayed or dismissed.
-- Read by the page: deliveries, a unit's sheet.
select
    source_id,
    rule,
    row_count
from bi.quarantine_summary
where period = :period
order by row_count desc, source_id, rule
