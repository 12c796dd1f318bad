-- One row: what an evaluation saw of a rule and a unit. holds: the rule's condition is met, is not met, or (null) cannot be known.
-- Made empty by notice.evaluate and notice.watch for their transaction, and filled by the other alert_sight files.
create temporary table alert_sight (
    alert_key text primary key,
    rule text not null,
    unit_code text not null,
    severity text not null,
    holds boolean,
    message_vi text not null,
    facts jsonb not null
) on commit drop
