-- One row: an alert that ended: its condition is met no longer, or its unit, scope or year is not watched any more (lapsed).
-- Written by notice.evaluate and notice.watch, for the rules and the period they looked at; what cannot be known ends nothing.
with ended as (
    select
        alert.alert_id,
        coalesce(seen.facts, alert.facts) as facts,
        coalesce(seen.message_vi, alert.message_vi) as message_vi,
        case when seen.alert_key is null then 'lapsed' else 'ceased' end as resolution
    from ops.alert
    left join pg_temp.alert_sight as seen
        on alert.alert_key = seen.alert_key
    where
        alert.state <> 'resolved'
        and alert.rule = any(cast(:rules as text[]))
        and (cast(:period as text) is null or alert.period = :period)
        and alert.evidence_at <= :evidence_at
        and (seen.alert_key is null or seen.holds = false)
)

update ops.alert
set
    state = 'resolved',
    resolution = ended.resolution,
    facts = ended.facts,
    message_vi = ended.message_vi,
    evidence_at = :evidence_at,
    changed_at = clock_timestamp(),
    changed_by = :changed_by
from ended
where alert.alert_id = ended.alert_id
returning alert.alert_key
