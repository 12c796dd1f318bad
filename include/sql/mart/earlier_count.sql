-- One row: how many dossiers of a unit are alike in desk, channel, level at receipt and in which months before the period they were received
-- and resolved; null: in none of them. Filled by publication.build for dossier_count_month, as known at a moment. Dropped with the
-- transaction. A table, because no statement that fills a mart is planned for more than one processor.
-- The first part reads the months before the period whole. The others find by the index on the finish date what was received before them
-- or in the period's month, and yet resolved in one of them: no older partition is read whole.
create temporary table earlier_count on commit drop as
with earlier_month as (
    select array_agg(starts_at order by starts_at) || max(ends_at) as bounds
    from core.period
    where
        calendar = :calendar
        and starts_at >= cast(:window_starts_at as timestamptz)
        and ends_at <= cast(:starts_at as timestamptz)
),

known_dossier as (
    select
        owner_unit_code,
        case when commune_code is null then 'own' else 'communes' end as desk,
        channel,
        coalesce(service_level, 0) as service_level,
        case
            when status_group <> 'not_accepted' then width_bucket(received_at, (select earlier_month.bounds from earlier_month))
        end as received_month,
        case
            when status_group = 'resolved' and finished_at < cast(:starts_at as timestamptz)
                then width_bucket(finished_at, (select earlier_month.bounds from earlier_month))
        end as resolved_month
    from mart.dossier_as_of(cast(:as_of as timestamptz))
    where
        received_at >= cast(:window_starts_at as timestamptz)
        and received_at < cast(:starts_at as timestamptz)
    union all
    select
        owner_unit_code,
        case when commune_code is null then 'own' else 'communes' end as desk,
        channel,
        coalesce(service_level, 0) as service_level,
        null as received_month,
        width_bucket(finished_at, (select earlier_month.bounds from earlier_month)) as resolved_month
    from mart.dossier_as_of(cast(:as_of as timestamptz))
    where
        received_at < cast(:window_starts_at as timestamptz)
        and finished_at >= cast(:window_starts_at as timestamptz)
        and finished_at < cast(:starts_at as timestamptz)
        and status_group = 'resolved'
    union all
    select
        owner_unit_code,
        case when commune_code is null then 'own' else 'communes' end as desk,
        channel,
        coalesce(service_level, 0) as service_level,
        null as received_month,
        width_bucket(finished_at, (select earlier_month.bounds from earlier_month)) as resolved_month
    from mart.dossier_as_of(cast(:as_of as timestamptz))
    where
        received_at >= cast(:starts_at as timestamptz)
        and received_at < cast(:ends_at as timestamptz)
        and finished_at >= cast(:window_starts_at as timestamptz)
        and finished_at < cast(:starts_at as timestamptz)
        and status_group = 'resolved'
)

select
    owner_unit_code as unit_code,
    desk,
    channel,
    service_level,
    received_month,
    nullif(resolved_month, 0) as resolved_month,
    count(*) as dossier_count
from known_dossier
group by owner_unit_code, desk, channel, service_level, received_month, nullif(resolved_month, 0)
