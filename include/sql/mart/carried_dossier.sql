-- One row: a dossier received before a publication's month that is open, or was resolved or withdrawn since it began; as known at as_of.
-- Made by publication.build from older_dossier, for period_dossier.
create temporary view carried_dossier as
select
    owner_unit_code,
    commune_code,
    procedure_code,
    channel,
    service_level,
    status_group,
    fee_amount,
    payment_method,
    received_at,
    due_at,
    finished_at
from older_dossier
where
    finished_at >= cast(:starts_at as timestamptz)
    or status_group in ('in_process', 'paused')
