-- One row: how many records a judged file has, and how many would be accepted.
select
    record_count,
    accepted_count
from {{ summary }}
