-- One row: the form 06a of a unit and month as known at the moment `as_of` (known_from <= as_of < known_to). Filled by its loading.
-- The planner puts the body in the place of the call.
create or replace function core.reported_total_as_of(as_of timestamptz)
returns table (
    owner_unit_code text,
    period text,
    source_id text,
    received_total bigint,
    received_online bigint,
    received_direct bigint,
    carried_over bigint,
    resolved_total bigint,
    resolved_early bigint,
    resolved_on_time bigint,
    resolved_late bigint,
    pending_total bigint,
    pending_in_time bigint,
    pending_overdue bigint,
    resolved_online_level_3 bigint,
    resolved_online_level_4 bigint,
    received_online_level_3 bigint,
    received_online_level_4 bigint,
    delivery_id bigint,
    known_from timestamptz,
    known_to timestamptz
)
language sql
stable
parallel safe
as $$
select
    owner_unit_code,
    period,
    source_id,
    received_total,
    received_online,
    received_direct,
    carried_over,
    resolved_total,
    resolved_early,
    resolved_on_time,
    resolved_late,
    pending_total,
    pending_in_time,
    pending_overdue,
    resolved_online_level_3,
    resolved_online_level_4,
    received_online_level_3,
    received_online_level_4,
    delivery_id,
    known_from,
    known_to
from core.reported_total_version
where known_from <= as_of and as_of < known_to
$$;
