-- One row: a dossier that marts may count, as known at the moment `as_of`. Made from core.dossier_as_of without those that the authority
-- opened for itself (channel internal): they are in no numerator, denominator, balance or list of any mart, because every mart reads
-- dossiers here. The planner puts the body in the place of the call, as it does there.
create or replace function mart.dossier_as_of(as_of timestamptz)
returns table (
    owner_unit_code text,
    procedure_code text,
    service_level smallint,
    channel text,
    status_group text,
    applicant_key bytea,
    commune_code text,
    submitted_at timestamptz,
    received_at timestamptz,
    due_at timestamptz,
    finished_at timestamptz,
    fee_amount numeric,
    payment_method text,
    known_from timestamptz,
    known_to timestamptz
)
language sql
stable
parallel safe
as $$
select
    owner_unit_code,
    procedure_code,
    service_level,
    channel,
    status_group,
    applicant_key,
    commune_code,
    submitted_at,
    received_at,
    due_at,
    finished_at,
    fee_amount,
    payment_method,
    known_from,
    known_to
from core.dossier_as_of(as_of)
where channel <> 'internal'
$$;
