-- One row: a month before a period, and the moment as of which the counts that are kept of its dossiers are true. No moment: none are kept,
-- or wrong ones, or those of another rule or calendar, or of a time before a dossier began or ceased to count at another unit, which no
-- version tells.
-- Read by publication.build. is_newer: what is kept is true of a later moment than is asked for, and stays.
with kept as (
    select
        period,
        as_of
    from core.counted_month
    where
        calendar = :calendar
        and rule_hash = :rule_hash
        and differing_count is null
)

select
    month.period,
    month.starts_at,
    month.ends_at,
    coalesce(kept.as_of > :as_of, false) as is_newer,
    case
        when
            kept.as_of <= :as_of
            and not exists (
                select 1
                from core.dossier_elsewhere as elsewhere
                where
                    (elsewhere.known_from > kept.as_of and elsewhere.known_from <= :as_of)
                    or (elsewhere.known_to > kept.as_of and elsewhere.known_to <= :as_of)
            )
            then kept.as_of
    end as counted_as_of
from core.period as month
left join kept
    on month.period = kept.period
where
    month.calendar = :calendar
    and month.starts_at >= cast(:window_starts_at as timestamptz)
    and month.ends_at <= cast(:starts_at as timestamptz)
order by month.starts_at
