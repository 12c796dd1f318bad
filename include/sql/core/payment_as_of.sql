-- One row: a payment in a statement as known at the moment `as_of` (known_from <= as_of < known_to). Filled by the loading of payments.
-- The planner puts the body in the place of the call.
create or replace function core.payment_as_of(as_of timestamptz)
returns table (
    owner_unit_code text,
    statement text,
    payment_code text,
    source_id text,
    dossier_code text,
    payment_method text,
    status text,
    amount numeric,
    paid_at timestamptz,
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
    statement,
    payment_code,
    source_id,
    dossier_code,
    payment_method,
    status,
    amount,
    paid_at,
    delivery_id,
    known_from,
    known_to
from core.payment_version
where known_from <= as_of and as_of < known_to
$$;
