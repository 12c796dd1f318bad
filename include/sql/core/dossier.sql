-- One row: a dossier as known now, at the unit that received it. Filled by warehouse.merge_dossiers.
create or replace view core.dossier as
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
    held.known_to = 'infinity'
    and not exists (
        select 1
        from core.dossier_elsewhere as elsewhere
        where
            elsewhere.owner_unit_code = held.owner_unit_code
            and elsewhere.dossier_code = held.dossier_code
            and elsewhere.known_to = 'infinity'
    );
