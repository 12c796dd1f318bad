-- One row: a dossier as known at the moment `as_of` (known_from <= as_of < known_to). Filled by warehouse.merge_dossiers.
-- A dossier that several units report is that of one of them (core.dossier_double, core.dossier_elsewhere).
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
    held.owner_unit_code,
    held.dossier_code,
    held.source_id,
    held.procedure_code,
    held.service_level,
    held.channel,
    held.status_code,
    held.status_group,
    held.applicant_type,
    held.applicant_key,
    held.commune_code,
    held.submitted_at,
    held.received_at,
    held.due_at,
    held.finished_at,
    held.returned_at,
    held.fee_amount,
    held.payment_method,
    held.row_hash,
    held.delivery_id,
    held.observed_at,
    held.known_from,
    held.known_to
from core.dossier_version as held
where
    held.known_from <= as_of
    and as_of < held.known_to
    and not exists (
        select 1
        from core.dossier_elsewhere as elsewhere
        where
            elsewhere.owner_unit_code = held.owner_unit_code
            and elsewhere.dossier_code = held.dossier_code
            and elsewhere.known_from <= as_of
            and as_of < elsewhere.known_to
    )
$$;
