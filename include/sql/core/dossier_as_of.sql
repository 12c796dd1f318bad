-- One row: a dossier as known at the moment `as_of` (known_from <= as_of < known_to). Filled by warehouse.merge_dossiers.
-- The planner puts the body in the place of the call: conditions on received_at leave out partitions as on the table.
create or replace function core.dossier_as_of(as_of timestamptz)
returns table (
    owner_unit_code text,
    dossier_code text,
    source_id text,
    procedure_code text,
    service_level smallint,
    channel text,
    status_code smallint,
    status_group text,
    applicant_type text,
    applicant_key bytea,
    commune_code text,
    submitted_at timestamptz,
    received_at timestamptz,
    due_at timestamptz,
    finished_at timestamptz,
    returned_at timestamptz,
    fee_amount numeric,
    payment_method text,
    row_hash bigint,
    delivery_id bigint,
    observed_at timestamptz,
    known_from timestamptz,
    known_to timestamptz
)
language sql
stable
parallel safe
as $$
select
    owner_unit_code,
    dossier_code,
    source_id,
    procedure_code,
    service_level,
    channel,
    status_code,
    status_group,
    applicant_type,
    applicant_key,
    commune_code,
    submitted_at,
    received_at,
    due_at,
    finished_at,
    returned_at,
    fee_amount,
    payment_method,
    row_hash,
    delivery_id,
    observed_at,
    known_from,
    known_to
from core.dossier_version
where known_from <= as_of and as_of < known_to
$$;
