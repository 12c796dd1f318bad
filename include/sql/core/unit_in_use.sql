-- One row: a unit with published figures.
select
    unit.unit_code,
    unit.valid_from
from core.unit
where
    exists (
        select 1 from mart.compliance_month as published
        where published.unit_key = unit.unit_key
    )
