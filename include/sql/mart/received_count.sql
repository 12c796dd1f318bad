-- One row: by how many dossiers, received in one month and alike in unit, desk, channel, level at receipt and the month in which they were
-- resolved (resolved_from: its beginning, never before that of receipt; infinity: they were not), more or fewer are known at a moment
-- (as_of) than were at an earlier one (counted_as_of); since -infinity: how many they are. Filled by publication.build for months before
-- its period, and kept in core.counted_dossier. Dropped with the transaction. It tells of a month of receipt alone, whichever period asks;
-- what was written or ended in between is found by indexes.
create temporary table {{ received_count }} on commit drop as
with bound as (
    select
        array_agg(period order by starts_at) as periods,
        array_agg(starts_at order by starts_at) as beginnings,
        array_agg(starts_at order by starts_at) || max(ends_at) as bounds
    from core.period
    where calendar = :calendar
),

changed as (
    select
        owner_unit_code,
        commune_code,
        channel,
        service_level,
        status_group,
        received_at,
        finished_at,
        1 as dossier_count
    from {{ dossiers }}(cast(:as_of as timestamptz))
    where
        received_at >= cast(:first_starts_at as timestamptz)
        and received_at < cast(:last_ends_at as timestamptz)
        and known_from > cast(:counted_as_of as timestamptz)
    union all
    select
        owner_unit_code,
        commune_code,
        channel,
        service_level,
        status_group,
        received_at,
        finished_at,
        -1 as dossier_count
    from {{ dossiers }}(cast(:counted_as_of as timestamptz))
    where
        cast(:counted_as_of as timestamptz) > '-infinity'
        and received_at >= cast(:first_starts_at as timestamptz)
        and received_at < cast(:last_ends_at as timestamptz)
        and known_to <= cast(:as_of as timestamptz)
        and known_to < 'infinity'
),

counted as (
    select
        owner_unit_code as unit_code,
        channel,
        case when commune_code is null then 'own' else 'communes' end as desk,
        coalesce(service_level, 0) as service_level,
        case when status_group = 'not_accepted' then 'filed' else 'received' end as acceptance,
        width_bucket(received_at, (select bound.bounds from bound)) as received_month,
        width_bucket(
            case
                when status_group <> 'resolved' then null
                when finished_at < received_at then received_at
                else finished_at
            end,
            (select bound.bounds from bound)
        ) as resolved_month,
        sum(dossier_count) as dossier_count
    from changed
    group by unit_code, channel, desk, coalesce(service_level, 0), acceptance, received_month, resolved_month
)

select
    bound.periods[counted.received_month] as period,
    counted.unit_code,
    counted.desk,
    counted.channel,
    cast(counted.service_level as smallint) as service_level,
    counted.acceptance = 'received' as is_received,
    coalesce(bound.beginnings[counted.resolved_month], 'infinity') as resolved_from,
    cast(sum(counted.dossier_count) as integer) as dossier_count
from counted
cross join bound
where bound.periods[counted.received_month] = any(cast(:periods as text[]))
group by
    period, counted.unit_code, counted.desk, counted.channel, counted.service_level, counted.acceptance, resolved_from
having sum(counted.dossier_count) <> 0
