-- One row: an outcome of the comparison, how many rows have it, and where the versions lie that they replace.
select
    outcome,
    count(*) as row_count,
    min(current_received_at) as first_current,
    max(current_received_at) as last_current
from merge_row
group by outcome
