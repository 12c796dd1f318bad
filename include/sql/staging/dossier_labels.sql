-- One row is one pair of names of unit and commune in a delivery, frequent ones first: looked up once, not record by record.
select
    commune,
    coalesce(unit, :only_unit) as unit,
    count(*) as record_count
from {{ staging }}
group by coalesce(unit, :only_unit), commune
order by count(*) desc, coalesce(unit, :only_unit), commune
limit :most
