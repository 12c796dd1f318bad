-- One row is one expectation on one delivery and what was seen. Filled by the check; a later check replaces it.
insert into ops.expectation_result (
    delivery_id, expectation, severity, is_met, observed, expected, checked_count, failing_count, message_vi, remedy_vi
)
values (
    :delivery_id, :expectation, :severity, :is_met, :observed, :expected, :checked_count, :failing_count, :message_vi,
    :remedy_vi
)
on conflict (delivery_id, expectation) do update
    set
        is_met = excluded.is_met,
        severity = excluded.severity,
        observed = excluded.observed,
        expected = excluded.expected,
        checked_count = excluded.checked_count,
        failing_count = excluded.failing_count,
        message_vi = excluded.message_vi,
        remedy_vi = excluded.remedy_vi,
        evaluated_at = clock_timestamp()
