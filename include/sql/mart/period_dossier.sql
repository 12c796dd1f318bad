-- One row: a dossier that a publication's month concerns: received in it (of received_dossier), or before and open at its beginning (of
-- carried_dossier); as known at as_of.
-- Made by publication.build for its counts, a view of each. A dossier that was only filed, or was refused, is never in it.
-- ended_at is the finish date of a resolved or withdrawn dossier: any other is open, whatever date it carries. A withdrawn one without a
-- date is taken for withdrawn in the month of its receipt; what was received in the month and ended before it, for ended in it. Days are
-- those of the session's timezone, which is set to the jurisdiction's: to name it at every date would cost a quarter of the whole. What has
-- no due date is never late. measured_on is a query of its own, so that it is asked once.
create temporary view {{ period_dossier }} as
with measured as (
    select
        cast(:starts_at as timestamptz) as starts_at,
        cast(:ends_at as timestamptz) as ends_at
),

known_dossier as (
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
        case
            when status_group = 'resolved' then finished_at
            when status_group = 'withdrawn' then coalesce(finished_at, received_at)
        end as ended_at
    from {{ known_dossier }}
),

placed as (
    select
        known_dossier.owner_unit_code,
        known_dossier.commune_code,
        known_dossier.procedure_code,
        known_dossier.channel,
        known_dossier.service_level,
        known_dossier.status_group,
        known_dossier.fee_amount,
        known_dossier.payment_method,
        known_dossier.due_at,
        cast(known_dossier.due_at as date) as due_on,
        cast(known_dossier.ended_at as date) as ended_on,
        (select cast(least(cast(:as_of as timestamptz), cast(:ends_at as timestamptz)) as date)) as measured_on,
        known_dossier.received_at >= measured.starts_at as is_received,
        known_dossier.status_group = 'resolved' and known_dossier.ended_at < measured.ends_at as is_resolved,
        known_dossier.status_group = 'withdrawn' and known_dossier.ended_at < measured.ends_at as is_withdrawn,
        known_dossier.ended_at is null or known_dossier.ended_at >= measured.ends_at as is_pending
    from known_dossier
    cross join measured
)

select
    owner_unit_code as unit_code,
    channel,
    status_group,
    fee_amount,
    payment_method,
    is_received,
    is_resolved,
    is_withdrawn,
    is_pending,
    coalesce(commune_code, '') as commune_code,
    coalesce(procedure_code, '') as procedure_code,
    coalesce(service_level, 0) as service_level,
    case
        when is_withdrawn then null
        when due_at is null then 'no_due_date'
        when is_pending and due_on < measured_on then 'overdue'
        when is_pending then 'in_time'
        when ended_on < due_on then 'early'
        when ended_on = due_on then 'on_time'
        else 'late'
    end as timeliness,
    case when is_pending and due_on < measured_on then measured_on - due_on end as overdue_days
from placed
