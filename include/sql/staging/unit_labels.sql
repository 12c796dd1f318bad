-- One row is one name of a unit in a delivery, frequent ones first: looked up once, not record by record.
select
    cast(null as text) as commune,
    coalesce(unit, :only_unit) as unit,
    count(*) as record_count
from {{ staging }}
group by coalesce(unit, :only_unit)
order by count(*) desc, coalesce(unit, :only_unit)
limit :most
