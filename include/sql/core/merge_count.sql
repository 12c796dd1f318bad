-- One row: an outcome of the comparison and a month with versions that changed rows replace (else null), how many rows have it, and
-- between which moments of receipt.
select
    outcome,
    case when outcome = 'changed' then held_in end as held_in,
    count(*) as row_count,
    min(current_received_at) as first_current,
    max(current_received_at) as last_current
from merge_row
group by outcome, case when outcome = 'changed' then held_in end
