-- One row: a dossier received in a publication's month, neither only filed nor refused; as known at as_of.
-- Made by publication.build from the dossiers, for period_dossier: the month of receipt is read whole. A view, so that every processor can
-- count.
create temporary view received_dossier as
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
from {{ dossiers }}(cast(:as_of as timestamptz))
where
    received_at >= cast(:starts_at as timestamptz)
    and received_at < cast(:ends_at as timestamptz)
    and status_group <> 'not_accepted'
