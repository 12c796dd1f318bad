-- One row: a dossier received before a publication's month that is open, or was resolved or withdrawn since the months that it tells began;
-- as known at as_of.
-- Filled by publication.build from the dossiers, for the counts of the month (carried_dossier) and of the months before it (earlier_count).
-- Dropped with the transaction. Older dossiers are found by the indexes on their finish date and on what was open: no older month is read
-- whole, and each is looked into once for all counts.
create temporary table older_dossier on commit drop as
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
    received_at < cast(:window_starts_at as timestamptz)
    and finished_at >= cast(:window_starts_at as timestamptz)
    and status_group in ('resolved', 'withdrawn')
union all
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
    received_at >= cast(:window_starts_at as timestamptz)
    and received_at < cast(:starts_at as timestamptz)
    and finished_at >= cast(:starts_at as timestamptz)
    and status_group in ('resolved', 'withdrawn')
union all
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
    received_at < cast(:starts_at as timestamptz)
    and status_group in ('in_process', 'paused')
