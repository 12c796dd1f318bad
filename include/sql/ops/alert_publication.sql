-- One row: a publication as far as alerts are concerned: whether it is the revision in force of its period, and of the newest period.
-- Read by notice.evaluate. Alerts follow official figures of calendar months; every other publication is not in force.
with official as (
    select
        publication.publication_id,
        publication.period,
        publication.revision,
        period.starts_at
    from ops.publication
    inner join core.period
        on
            publication.calendar = period.calendar
            and publication.period = period.period
    where
        publication.calendar = 'calendar'
        and publication.kind = 'official'
        and publication.state = 'published'
),

newest as (
    select
        publication_id,
        period,
        row_number() over (partition by period order by revision desc) = 1 as is_in_force,
        rank() over (order by starts_at desc) = 1 as is_newest_period
    from official
)

select
    publication.publication_id,
    publication.period,
    publication.as_of,
    publication.published_at,
    coalesce(newest.is_in_force, false) as is_in_force,
    coalesce(newest.is_newest_period, false) as is_newest_period
from ops.publication
left join newest
    on publication.publication_id = newest.publication_id
where publication.publication_id = :publication_id
