-- One row: an outcome of the comparison, and how many rows have it.
select
    outcome,
    count(*) as row_count
from merge_row
group by outcome
