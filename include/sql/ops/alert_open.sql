-- One row: a new alert. A key that was resolved by newer knowledge is not opened again by older.
-- Written by notice.evaluate and notice.watch.
insert into ops.alert (
    alert_key, rule, unit_code, period, publication_id, state, severity, message_vi, facts, evidence_at, changed_by
)
select
    seen.alert_key,
    seen.rule,
    seen.unit_code,
    seen.facts ->> 'period' as period,
    cast(:publication_id as bigint) as publication_id,
    'open' as state,
    seen.severity,
    seen.message_vi,
    seen.facts,
    cast(:evidence_at as timestamptz) as evidence_at,
    :changed_by as changed_by
from pg_temp.alert_sight as seen
where
    seen.holds
    and not exists (
        select 1
        from ops.alert as earlier
        where
            earlier.alert_key = seen.alert_key
            and (earlier.state <> 'resolved' or earlier.evidence_at > :evidence_at)
    )
returning alert_key
