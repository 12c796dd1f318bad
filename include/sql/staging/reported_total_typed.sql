-- One row is one form 06a of a delivery, typed and judged: reasons say why it is refused (null: accepted), warnings what is odd.
-- Filled from the delivery's text columns; session: datestyle and timezone of the source. Numbers are the form's columns.
create unlogged table {{ typed }} with (autovacuum_enabled = off) as
select
    judged.row_number,
    judged.staged_at,
    judged.unit_code,
    judged.period,
    cast(:source_id as text) as source_id,
    {% for column in counts %}
        judged.{{ column }},
    {% endfor %}
    hash_record_extended(
        row(
            {% for column in counts %}
                judged.{{ column }},
            {% endfor %}
            judged.unit_code
        ),
        0
    ) as row_hash,
    case
        when judged.read_problem is not null then jsonb_build_array(judged.read_problem)
        else (
            select
                jsonb_agg(
                    cast(:rules as jsonb) -> failure.rule
                    || jsonb_build_object('rule', failure.rule, 'field', failure.field, 'value', failure.seen)
                    || case
                        when failure.rule = 'unit_unknown' then coalesce(cast(:unit_remedies as jsonb) -> failure.seen, '{}')
                        else '{}'
                    end
                )
            from (
                values
                ('unit_unknown', 'unit', judged.unit_code is null, judged.unit_seen),
                (
                    'unit_of_another_source', 'unit',
                    judged.unit_code <> all(cast(:source_units as text[])), judged.unit_seen
                ),
                ('period_differs', 'period', judged.period is distinct from :period, judged.period_seen),
                ('count_missing', 'received_total', judged.received_total_seen is null, null),
                ('count_missing', 'resolved_total', judged.resolved_total_seen is null, null),
                {% for column in counts %}
                    (
                        'count_unreadable', '{{ column }}',
                        judged.{{ column }}_seen is not null and judged.{{ column }} is null, judged.{{ column }}_seen
                    ),
                {% endfor %}
                (
                    'received_not_sum', 'received_total',
                    judged.received_total <> judged.received_online + judged.received_direct + judged.carried_over,
                    format('%s ≠ %s + %s + %s', judged.received_total, judged.received_online, judged.received_direct, judged.carried_over)
                ),
                (
                    'resolved_not_sum', 'resolved_total',
                    judged.resolved_total <> judged.resolved_early + judged.resolved_on_time + judged.resolved_late,
                    format('%s ≠ %s + %s + %s', judged.resolved_total, judged.resolved_early, judged.resolved_on_time, judged.resolved_late)
                ),
                (
                    'pending_not_sum', 'pending_total',
                    judged.pending_total <> judged.pending_in_time + judged.pending_overdue,
                    format('%s ≠ %s + %s', judged.pending_total, judged.pending_in_time, judged.pending_overdue)
                ),
                (
                    'balance_broken', 'received_total',
                    judged.received_total <> judged.resolved_total + judged.pending_total,
                    format('%s ≠ %s + %s', judged.received_total, judged.resolved_total, judged.pending_total)
                ),
                (
                    'online_levels_exceed', 'received_online',
                    judged.received_online_level_3 + judged.received_online_level_4 > judged.received_online,
                    format('%s + %s > %s', judged.received_online_level_3, judged.received_online_level_4, judged.received_online)
                ),
                (
                    'online_levels_exceed', 'resolved_total',
                    judged.resolved_online_level_3 + judged.resolved_online_level_4 > judged.resolved_total,
                    format('%s + %s > %s', judged.resolved_online_level_3, judged.resolved_online_level_4, judged.resolved_total)
                )
            ) as failure (rule, field, is_failing, seen)
            where failure.is_failing
        )
    end as reasons,
    case when judged.carried_over <> earlier.pending_total then array['carried_over_differs'] end as warnings
from (
    select
        staged.row_number,
        staged.ctid as staged_at,
        staged.read_problem,
        unit.unit_code,
        case
            when staged.period is null then :period
            when staged.period ~ '^[0-9]{4}[-/.][0-9]{1,2}$'
                then left(staged.period, 4) || '-' || lpad(substr(staged.period, 6), 2, '0')
            when staged.period ~* '^(tháng |t)?[0-9]{1,2}[-/.][0-9]{4}$'
                then right(staged.period, 4) || '-' || lpad(substring(staged.period from '([0-9]{1,2})[-/.]'), 2, '0')
        end as period,
        {% for column in counts %}
            staged.{{ column }} as {{ column }}_seen,
        {% endfor %}
        {% for column in counts %}
            staging.count_of(staged.{{ column }}, cast(:number_formats as text[])) as {{ column }},
        {% endfor %}
        staged.unit as unit_seen,
        staged.period as period_seen
    from {{ staging }} as staged
    left join core.unit as unit
        on
            unit.unit_code = cast(:units as jsonb) ->> coalesce(staged.unit, :only_unit)
            and daterange(unit.valid_from, unit.valid_to) @> cast(:period_last_day as date)
    offset '0' -- noqa: AM09
) as judged
left join core.reported_total_version as earlier
    on
        judged.unit_code = earlier.owner_unit_code
        and earlier.period = :previous_period
        and earlier.known_to = 'infinity'
