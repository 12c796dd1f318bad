-- One row: how many records of a delivery stand in its staging table.
select count(*) as record_count
from {{ staging }}
