-- One row: how many records of a judged delivery are refused.
select count(*) as refused_count
from {{ typed }}
where reasons is not null
