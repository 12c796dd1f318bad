-- One row: a procedure at a level as a source delivers it, for the days that the configured catalogue (procedures.csv) says nothing
-- of it. It holds until the code's next row. Filled into core.procedure beside the configured rows.
with current_row as (
    select
        procedure_code,
        valid_from,
        name_vi,
        field_vi,
        administrative_level,
        service_level,
        source_id,
        least(valid_to, lead(valid_from) over (partition by procedure_code order by valid_from)) as valid_to
    from core.procedure_version
    where known_to = 'infinity'
)

select
    procedure_code,
    valid_from,
    valid_to,
    name_vi,
    field_vi,
    administrative_level,
    service_level,
    source_id
from current_row
where
    valid_from < valid_to
    and not exists (
        select 1
        from jsonb_to_recordset(cast(:configured as jsonb)) as configured (procedure_code text, valid_from date, valid_to date)
        where
            configured.procedure_code = current_row.procedure_code
            and configured.valid_from < current_row.valid_to
            and configured.valid_to > current_row.valid_from
    )
order by procedure_code, valid_from
