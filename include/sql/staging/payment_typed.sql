-- One row is one payment of a delivered statement, typed and judged: reasons say why it is refused (null: accepted), warnings what
-- is odd about it. Filled from the delivery's text columns; session: datestyle and timezone of the source.
create unlogged table {{ typed }} with (autovacuum_enabled = off) as
select
    judged.row_number,
    judged.staged_at,
    judged.unit_code,
    judged.statement,
    judged.payment_code,
    cast(:source_id as text) as source_id,
    judged.dossier_code,
    judged.payment_method,
    judged.status,
    judged.amount,
    judged.paid_at,
    hash_record_extended(
        row(
            judged.unit_code, judged.statement, judged.payment_code, judged.dossier_code, judged.payment_method, judged.status,
            judged.amount, judged.paid_at
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
                ('payment_code_missing', 'payment_code', judged.payment_code is null, null),
                (
                    'payment_code_too_long', 'payment_code', octet_length(judged.payment_code) > :longest_code,
                    left(judged.payment_code, 60) || '… (' || octet_length(judged.payment_code) || ')'
                ),
                ('unit_unknown', 'unit', judged.unit_code is null, judged.unit_seen),
                (
                    'unit_of_another_source', 'unit',
                    judged.unit_code <> all(cast(:source_units as text[])), judged.unit_seen
                ),
                ('statement_unknown', 'statement', judged.statement is null, judged.statement_seen),
                ('payment_method_unknown', 'payment_method', judged.payment_method is null, judged.payment_method_seen),
                ('payment_status_unknown', 'payment_status', judged.status is null, judged.status_seen),
                ('amount_unreadable', 'amount', judged.amount is null, judged.amount_seen),
                ('paid_at_missing', 'paid_at', judged.paid_seen is null, null),
                ('date_unreadable', 'paid_at', judged.paid_seen is not null and judged.paid_at is null, judged.paid_seen),
                ('paid_in_future', 'paid_at', judged.paid_at > cast(:observed_limit as timestamptz), judged.paid_seen),
                ('paid_too_early', 'paid_at', judged.paid_at < cast(:earliest_received_on as date), judged.paid_seen)
            ) as failure (rule, field, is_failing, seen)
            where failure.is_failing
        )
    end as reasons,
    case
        when
            judged.dossier_code is not null and judged.unit_code is not null and not exists (
                select 1
                from core.dossier_version as dossier
                where
                    dossier.owner_unit_code = judged.unit_code
                    and dossier.dossier_code = judged.dossier_code
                    and dossier.known_to = 'infinity'
            )
            then array['payment_dossier_unknown']
    end as warnings
from (
    select
        typed.row_number,
        typed.staged_at,
        typed.read_problem,
        unit.unit_code,
        typed.statement,
        typed.payment_code,
        typed.dossier_code,
        typed.payment_method,
        typed.status,
        typed.amount,
        typed.paid_at,
        typed.unit_seen,
        typed.statement_seen,
        typed.payment_method_seen,
        typed.status_seen,
        typed.amount_seen,
        typed.paid_seen
    from (
        select
            staged.row_number,
            staged.ctid as staged_at,
            staged.read_problem,
            staged.payment_code,
            staged.dossier_code,
            cast(:units as jsonb) ->> coalesce(staged.unit, :only_unit) as unit_label,
            cast(:codes as jsonb) -> 'statement' ->> coalesce(staged.statement, '') as statement,
            cast(:codes as jsonb) -> 'payment_method' ->> coalesce(staged.payment_method, '') as payment_method,
            cast(:codes as jsonb) -> 'payment_status' ->> coalesce(staged.payment_status, '') as status,
            staging.amount_of(staged.amount, cast(:number_formats as text[])) as amount,
            staging.moment_of(
                staged.paid_at, cast(:timestamp_formats as text[]), cast(:timestamp_patterns as text[]),
                cast(:has_skipped_times as boolean)
            ) as paid_at,
            staged.unit as unit_seen,
            staged.statement as statement_seen,
            staged.payment_method as payment_method_seen,
            staged.payment_status as status_seen,
            staged.amount as amount_seen,
            staged.paid_at as paid_seen
        from {{ staging }} as staged
        offset '0' -- noqa: AM09
    ) as typed
    left join core.unit as unit -- of a payment without a readable date: as of the delivery
        on
            typed.unit_label = unit.unit_code
            and daterange(unit.valid_from, unit.valid_to) @> coalesce(cast(typed.paid_at as date), cast(:observed_on as date))
    offset '0' -- noqa: AM09
) as judged
