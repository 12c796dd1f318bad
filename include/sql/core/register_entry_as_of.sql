-- One row: an entry of a register as known at the moment `as_of` (known_from <= as_of < known_to). Filled by the loading of registers.
-- The planner puts the body in the place of the call.
create or replace function core.register_entry_as_of(as_of timestamptz)
returns table (
    owner_unit_code text,
    register text,
    entry_code text,
    source_id text,
    body_name text,
    title text,
    due_on date,
    done_on date,
    quantity integer,
    reference text,
    delivery_id bigint,
    known_from timestamptz,
    known_to timestamptz
)
language sql
stable
parallel safe
as $$
select
    owner_unit_code,
    register,
    entry_code,
    source_id,
    body_name,
    title,
    due_on,
    done_on,
    quantity,
    reference,
    delivery_id,
    known_from,
    known_to
from core.register_entry_version
where known_from <= as_of and as_of < known_to
$$;
