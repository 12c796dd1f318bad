-- One row: how many dossiers of a unit are alike in desk, channel, level at receipt and the months before the period in which they were
-- received and resolved; null: in none of them. Filled by publication.build for dossier_count_month, as known at a moment. Dropped with the
-- transaction. A table, because no statement that fills a mart is planned for more than one processor.
-- The first part reads the months before the period whole. The second finds by the index on the finish date what was received before
-- them and resolved in one of them: no older partition is read whole. The third reads the period's month for what was received in it and
-- yet resolved before, where period_procedure told that there is any.
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
        commune_code,
        channel,
        service_level,
        case when status_group <> 'not_accepted' then received_at end as received_at,
        case when status_group = 'resolved' and finished_at < cast(:starts_at as timestamptz) then finished_at end as resolved_at
    from {{ dossiers }}(cast(:as_of as timestamptz))
    where
        received_at >= cast(:window_starts_at as timestamptz)
        and received_at < cast(:starts_at as timestamptz)
    union all
    select
        owner_unit_code,
        commune_code,
        channel,
        service_level,
        cast(null as timestamptz) as received_at,
        finished_at as resolved_at
    from {{ dossiers }}(cast(:as_of as timestamptz))
    where
        received_at < cast(:window_starts_at as timestamptz)
        and finished_at >= cast(:window_starts_at as timestamptz)
        and finished_at < cast(:starts_at as timestamptz)
        and status_group = 'resolved'
    union all
    select
        owner_unit_code,
        commune_code,
        channel,
        service_level,
        cast(null as timestamptz) as received_at,
        finished_at as resolved_at
    from {{ dossiers }}(cast(:as_of as timestamptz))
    where
        cast(:is_any_resolved_before as boolean)
        and received_at >= cast(:starts_at as timestamptz)
        and received_at < cast(:ends_at as timestamptz)
        and finished_at >= cast(:window_starts_at as timestamptz)
        and finished_at < cast(:starts_at as timestamptz)
        and status_group = 'resolved'
)

select
    owner_unit_code as unit_code,
    channel,
    case when commune_code is null then 'own' else 'communes' end as desk,
    coalesce(service_level, 0) as service_level,
    width_bucket(received_at, (select earlier_month.bounds from earlier_month)) as received_month,
    nullif(width_bucket(resolved_at, (select earlier_month.bounds from earlier_month)), 0) as resolved_month,
    count(*) as dossier_count
from known_dossier
group by unit_code, channel, desk, coalesce(service_level, 0), received_month, resolved_month
