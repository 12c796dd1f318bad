-- One row is one entry of a delivered register, typed and judged: reasons say why it is refused (null: accepted), warnings what is
-- odd about it. Filled from the delivery's text columns; session: datestyle and timezone of the source. An entry names a unit of
-- the roster, or a body that is none; the source's units are those that keep the register.
create unlogged table {{ typed }} with (autovacuum_enabled = off) as
select
    judged.row_number,
    judged.staged_at,
    judged.register,
    cast(:source_id as text) as source_id,
    judged.entry_code,
    judged.unit_code,
    judged.body_name,
    judged.title,
    judged.due_on,
    judged.done_on,
    judged.quantity,
    judged.reference,
    hash_record_extended(
        row(
            judged.register, judged.entry_code, judged.unit_code, judged.body_name, judged.title, judged.due_on, judged.done_on,
            judged.quantity, judged.reference
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
                ('entry_code_missing', 'entry_code', judged.entry_code is null, null),
                (
                    'entry_code_too_long', 'entry_code', octet_length(judged.entry_code) > :longest_code,
                    left(judged.entry_code, 60) || '… (' || octet_length(judged.entry_code) || ')'
                ),
                (
                    'body_name_too_long', 'body_name', octet_length(judged.body_name) > :longest_name,
                    left(judged.body_name, 60) || '… (' || octet_length(judged.body_name) || ')'
                ),
                ('register_unknown', 'register', judged.register is null, judged.register_seen),
                ('title_missing', 'title', judged.title is null, null),
                ('unit_unknown', 'unit', judged.unit_label is not null and judged.unit_code is null, judged.unit_label),
                ('actor_missing', 'unit', judged.unit_label is null and judged.body_name is null, null),
                ('date_unreadable', 'due_on', judged.due_seen is not null and judged.due_on is null, judged.due_seen),
                ('date_unreadable', 'done_on', judged.done_seen is not null and judged.done_on is null, judged.done_seen),
                ('done_in_future', 'done_on', judged.done_on > cast(cast(:observed_limit as timestamptz) as date), judged.done_seen),
                (
                    'quantity_unreadable', 'quantity',
                    judged.quantity_seen is not null and judged.quantity is null, judged.quantity_seen
                )
            ) as failure (rule, field, is_failing, seen)
            where failure.is_failing
        )
    end as reasons,
    case
        when judged.register = 'accountability_review' and judged.due_seen is null then array['review_due_missing']
    end as warnings
from (
    select
        typed.row_number,
        typed.staged_at,
        typed.read_problem,
        typed.register,
        typed.entry_code,
        unit.unit_code,
        typed.body_name,
        typed.title,
        typed.due_on,
        typed.done_on,
        cast(case when typed.quantity <= 2147483647 then typed.quantity end as integer) as quantity,
        typed.reference,
        typed.unit_label,
        typed.register_seen,
        typed.due_seen,
        typed.done_seen,
        typed.quantity_seen
    from (
        select
            staged.row_number,
            staged.ctid as staged_at,
            staged.read_problem,
            cast(:codes as jsonb) -> 'register' ->> coalesce(staged.register, '') as register,
            staged.entry_code,
            coalesce(staged.unit, case when staged.body_name is null then :only_unit end) as unit_label,
            staged.body_name,
            staged.title,
            cast(
                staging.moment_of(
                    staged.due_on, cast(:timestamp_formats as text[]), cast(:timestamp_patterns as text[]), false
                ) as date
            ) as due_on,
            cast(
                staging.moment_of(
                    staged.done_on, cast(:timestamp_formats as text[]), cast(:timestamp_patterns as text[]), false
                ) as date
            ) as done_on,
            staging.count_of(staged.quantity, cast(:number_formats as text[])) as quantity,
            staged.reference,
            staged.register as register_seen,
            staged.due_on as due_seen,
            staged.done_on as done_seen,
            staged.quantity as quantity_seen
        from {{ staging }} as staged
        offset '0' -- noqa: AM09
    ) as typed
    left join core.unit as unit
        on
            cast(:units as jsonb) ->> typed.unit_label = unit.unit_code
            and daterange(unit.valid_from, unit.valid_to) @> coalesce(typed.done_on, typed.due_on, cast(:observed_on as date))
    offset '0' -- noqa: AM09
) as judged
