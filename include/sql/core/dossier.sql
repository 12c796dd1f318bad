-- One row: a dossier as known now, at the unit that received it. Filled by warehouse.merge_dossiers.
create or replace view core.dossier as
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
where known_to = 'infinity';
