-- One row: an accepted delivery of the same source and month, observed before a replayed one that has withdrawn records, of whose own
-- records no row may be left: it was decided, or rows of it were taken by a replay, when a later one had been.
select earlier.delivery_id
from ops.delivery as replayed
inner join ops.delivery as earlier
    on
        replayed.source_id = earlier.source_id
        and replayed.period = earlier.period
        and earlier.state = 'accepted'
        and (earlier.observed_at, earlier.delivery_id) < (replayed.observed_at, replayed.delivery_id)
where
    replayed.delivery_id = :delivery_id
    and exists (
        select 1
        from core.withdrawn_record as withdrawn
        where withdrawn.delivery_id = replayed.delivery_id
    )
    and (
        exists (
            select 1
            from ops.delivery as later
            where
                later.source_id = earlier.source_id
                and later.period = earlier.period
                and later.state = 'accepted'
                and (later.observed_at, later.delivery_id) > (earlier.observed_at, earlier.delivery_id)
                and later.decided_at < earlier.decided_at
        )
        or exists (
            select 1
            from quarantine.row as held
            where
                held.delivery_id = earlier.delivery_id
                and held.state = 'replayed'
                and held.outcome in ('unchanged', 'older')
        )
    )
order by earlier.observed_at, earlier.delivery_id
