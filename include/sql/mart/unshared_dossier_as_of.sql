-- One row: what mart.dossier_as_of gives at a moment at which no dossier is counted at another unit (core.dossier_elsewhere has none in
-- force). Read instead of it by publication.build where that is so: to look for every dossier in an empty table costs as much as to read a
-- tenth of them, and a third where the planner, which has seen the table empty, goes through it for each.
create or replace function mart.unshared_dossier_as_of(as_of timestamptz)
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
from core.dossier_version
where
    known_from <= as_of
    and as_of < known_to
    and channel <> 'internal'
$$;
