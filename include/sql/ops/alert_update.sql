-- One row: an alert that goes on, with what its rule sees now. Its state stays: an acknowledged one remains acknowledged.
-- Written by notice.evaluate and notice.watch; an evaluation of the same evidence changes nothing.
update ops.alert
set
    facts = seen.facts,
    message_vi = seen.message_vi,
    severity = seen.severity,
    evidence_at = :evidence_at
from pg_temp.alert_sight as seen
where
    alert.alert_key = seen.alert_key
    and alert.state <> 'resolved'
    and seen.holds
    and alert.evidence_at <= :evidence_at
    and (alert.evidence_at, alert.facts, alert.message_vi, alert.severity)
    is distinct from (cast(:evidence_at as timestamptz), seen.facts, seen.message_vi, seen.severity)
returning alert.alert_key
