-- One row: a unit and the agency part of its codes in a delivery's accepted dossiers, where it has the national shape: 000.00.12.H02.
-- Made after the merge: where text is ordered byte by byte, and the first and the last code of a unit begin with the same part, all others
-- do, and the dossiers need not be read.
with delivered as (
    select
        unit_code,
        split_part(min(first_code), '-', 1) as agency_part,
        min(first_code) as first_code,
        max(last_code) as last_code
    from delivered_range
    group by unit_code
),

told as (
    select
        unit_code,
        agency_part
    from delivered
    where
        first_code like '%.%-%-%'
        and starts_with(last_code, agency_part || '-')
        and (
            select held.datlocprovider = 'b' or (held.datlocprovider = 'c' and held.datcollate in ('C', 'POSIX'))
            from pg_database as held
            where held.datname = current_database()
        )
)

select
    unit_code as owner_unit_code,
    agency_part
from told
union all
select distinct
    unit_code as owner_unit_code,
    split_part(dossier_code, '-', 1) as agency_part
from {{ typed }}
where
    reasons is null
    and dossier_code like '%.%-%-%'
    and (select count(*) from told) < (select count(*) from delivered)
    and unit_code not in (select told.unit_code from told)
