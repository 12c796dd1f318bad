-- One row is one record of a delivery, typed and judged: reasons say why it is refused (null: accepted), warnings what is odd
-- about it. Filled from the delivery's text columns in one pass; session: datestyle and timezone of the source. What every later step
-- reads comes first: reasons, and what identifies a record. A moment that the reader knew is not read again. staged_at: where the text
-- stands, for those whose text is asked for.
-- `offset` keeps a step's expressions from being computed again for every use in the next; written '0', because the planner
-- takes the bare number for a cast whose value it does not know, and would judge with one processor.
-- Units, levels and communes change at a midnight of the province, not of the source: the days of each row of a dimension become moments
-- once, and not for every record that meets it.
{% macro in_time(dimension) -%}
(
    select
        *,
        timezone(:local_timezone, cast(valid_from as timestamp)) as starts_at,
        timezone(:local_timezone, cast(valid_to as timestamp)) as ends_at
    from {{ dimension }}
    offset '0' -- noqa: AM09
)
{%- endmacro %}
{#- Units by the code that a label means. One that did not exist yet means the only unit that it succeeds by merge or rename: the dossiers
that it took over stay those of the unit that received them. Where it succeeds several, nothing tells which of them did. -#}
{% macro labelled_unit() -%}
(
    with recursive sole_predecessor as (
        select
            succession.to_unit_code,
            min(succession.from_unit_code) as from_unit_code
        from core.unit_succession as succession
        where
            not exists (
                select 1
                from core.unit
                where
                    unit.unit_code = succession.to_unit_code
                    and unit.valid_from < succession.effective_on
            )
        group by succession.to_unit_code
        having count(*) = 1 and bool_and(succession.kind in ('merge', 'rename'))
    ),

    labelled as (
        select
            unit_code as label_unit_code,
            unit_code
        from core.unit
        union
        select
            labelled.label_unit_code,
            sole_predecessor.from_unit_code as unit_code
        from labelled
        inner join sole_predecessor
            on labelled.unit_code = sole_predecessor.to_unit_code
    )

    select
        labelled.label_unit_code,
        unit.unit_code,
        timezone(:local_timezone, cast(unit.valid_from as timestamp)) as starts_at,
        timezone(:local_timezone, cast(unit.valid_to as timestamp)) as ends_at
    from labelled
    inner join core.unit
        on labelled.unit_code = unit.unit_code
    offset '0' -- noqa: AM09
)
{%- endmacro %}
{% macro moment(field) -%}
coalesce(
    case when cast(:has_moments as boolean) then to_timestamp(staged.{{ field }}_seconds) end,
    staging.timestamp_of(staged.{{ field }}, cast(:timestamp_formats as text[])),
    case
        when cast(:timestamp_patterns as text[]) <> '{}'
            then staging.timestamp_by_pattern(staged.{{ field }}, cast(:timestamp_patterns as text[]))
    end
)
{%- endmacro %}
{% macro is_unreadable(date) -%}
(
    placed.{{ date }}_seen is not null
    and (
        placed.{{ date }}_at is null
        or (
            cast(:has_skipped_times as boolean)
            and staging.is_skipped_time(
                placed.{{ date }}_seen, cast(:timestamp_formats as text[]), cast(:timestamp_patterns as text[]), placed.{{ date }}_at
            )
        )
    )
)
{%- endmacro %}
{% set is_plausible = "typed.received_at between cast(:earliest_received_on as date) and cast(:observed_limit as timestamptz)" %}
create unlogged table {{ typed }} with (autovacuum_enabled = off) as
select
    judged.row_number,
    judged.staged_at,
    hash_record_extended(
        row(
            judged.procedure_code, judged.service_level, judged.channel, judged.status_code, judged.applicant_type,
            judged.applicant_key, judged.commune_code, judged.submitted_at, judged.received_at, judged.due_at,
            judged.finished_at, judged.returned_at, judged.fee_amount, judged.payment_method
        ),
        0
    ) as row_hash,
    case
        when judged.read_problem is not null then jsonb_build_array(judged.read_problem)
        when
            judged.dossier_code_missing or judged.unit_unknown or judged.unit_of_another_source or judged.submitted_unreadable
            or judged.received_unreadable or judged.due_unreadable or judged.finished_unreadable or judged.returned_unreadable
            or judged.receipt_date_missing or judged.channel_unknown or judged.status_missing or judged.status_unknown
            or judged.applicant_type_unknown or judged.payment_method_unknown or judged.fee_unreadable or judged.level_2_filed_online
            or judged.received_in_future or judged.finished_in_future or judged.received_too_early or judged.finish_date_missing
            or judged.finished_before_received or judged.dossier_code_too_long or judged.procedure_code_too_long
            then (
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
                    ('dossier_code_missing', 'dossier_code', judged.dossier_code_missing, null),
                    (
                        'dossier_code_too_long', 'dossier_code', judged.dossier_code_too_long,
                        left(judged.dossier_code, 60) || '… (' || octet_length(judged.dossier_code) || ')'
                    ),
                    (
                        'procedure_code_too_long', 'procedure_code', judged.procedure_code_too_long,
                        left(judged.procedure_code, 60) || '… (' || octet_length(judged.procedure_code) || ')'
                    ),
                    ('unit_unknown', 'unit', judged.unit_unknown, judged.unit_seen),
                    ('unit_of_another_source', 'unit', judged.unit_of_another_source, judged.unit_seen),
                    ('date_unreadable', 'submitted_at', judged.submitted_unreadable, judged.submitted_seen),
                    ('date_unreadable', 'received_at', judged.received_unreadable, judged.received_seen),
                    ('date_unreadable', 'due_at', judged.due_unreadable, judged.due_seen),
                    ('date_unreadable', 'finished_at', judged.finished_unreadable, judged.finished_seen),
                    ('date_unreadable', 'returned_at', judged.returned_unreadable, judged.returned_seen),
                    ('receipt_date_missing', 'received_at', judged.receipt_date_missing, null),
                    ('channel_unknown', 'channel', judged.channel_unknown, judged.channel_seen),
                    ('status_missing', 'status', judged.status_missing, null),
                    ('status_unknown', 'status', judged.status_unknown, judged.status_seen),
                    ('applicant_type_unknown', 'applicant_type', judged.applicant_type_unknown, judged.applicant_type_seen),
                    ('payment_method_unknown', 'payment_method', judged.payment_method_unknown, judged.payment_method_seen),
                    ('fee_unreadable', 'fee_amount', judged.fee_unreadable, judged.fee_seen),
                    ('level_2_filed_online', 'channel', judged.level_2_filed_online, judged.channel_seen),
                    ('received_in_future', 'received_at', judged.received_in_future, judged.received_seen),
                    ('finished_in_future', 'finished_at', judged.finished_in_future, judged.finished_seen),
                    ('received_too_early', 'received_at', judged.received_too_early, judged.received_seen),
                    ('finish_date_missing', 'finished_at', judged.finish_date_missing, judged.status_seen),
                    ('finished_before_received', 'finished_at', judged.finished_before_received, judged.finished_seen)
                ) as failure (rule, field, is_failing, seen)
                where failure.is_failing
            )
    end as reasons,
    judged.unit_code,
    judged.dossier_code,
    judged.received_at,
    judged.code_is_new,
    judged.status_group,
    judged.fee_amount,
    case
        when
            judged.read_problem is null
            and (
                judged.procedure_unknown or judged.commune_unknown or judged.dossier_code_shape or judged.submitted_after_received
                or judged.identity_placeholder or judged.channel_absent or judged.channel_internal
            )
            then array_remove(
                array[
                    case when judged.procedure_unknown then 'procedure_unknown' end,
                    case when judged.commune_unknown then 'commune_unknown' end,
                    case when judged.dossier_code_shape then 'dossier_code_shape' end,
                    case when judged.submitted_after_received then 'submitted_after_received' end,
                    case when judged.identity_placeholder then 'identity_placeholder' end,
                    case when judged.channel_absent then 'channel_absent' end,
                    case when judged.channel_internal then 'channel_internal' end
                ],
                null
            )
    end as warnings,
    judged.procedure_code,
    judged.service_level,
    judged.channel,
    judged.status_code,
    judged.applicant_type,
    judged.applicant_key,
    judged.commune_code,
    judged.submitted_at,
    judged.due_at,
    judged.finished_at,
    judged.returned_at,
    judged.payment_method
from (
    select
        placed.*,
        placed.dossier_code is null as dossier_code_missing,
        octet_length(placed.dossier_code) > :longest_code as dossier_code_too_long,
        octet_length(placed.procedure_code) > :longest_name as procedure_code_too_long,
        placed.unit_code is null as unit_unknown,
        placed.label_unit_code <> all(cast(:source_units as text[])) as unit_of_another_source,
        {{ is_unreadable('submitted') }} as submitted_unreadable,
        {{ is_unreadable('received') }} as received_unreadable,
        {{ is_unreadable('due') }} as due_unreadable,
        {{ is_unreadable('finished') }} as finished_unreadable,
        {{ is_unreadable('returned') }} as returned_unreadable,
        placed.received_seen is null as receipt_date_missing,
        placed.channel is null as channel_unknown,
        placed.channel_seen is null as channel_absent,
        placed.channel = 'internal' as channel_internal,
        placed.status_seen is null and placed.status_code is null as status_missing,
        placed.status_seen is not null and placed.status_code is null as status_unknown,
        placed.applicant_type_seen is not null and placed.applicant_type is null as applicant_type_unknown,
        placed.payment_method_seen is not null and placed.payment_method is null as payment_method_unknown,
        placed.fee_seen is not null and placed.fee_amount is null as fee_unreadable,
        placed.channel = 'online' and placed.service_level = 2 as level_2_filed_online,
        placed.received_at > cast(:observed_limit as timestamptz) as received_in_future,
        placed.finished_at > cast(:observed_limit as timestamptz) as finished_in_future,
        placed.received_at < cast(:earliest_received_on as date) as received_too_early,
        placed.status_group = 'resolved' and placed.finished_seen is null as finish_date_missing,
        -- a date without a time means the whole day
        placed.finished_at < placed.received_at
        and (
            cast(placed.finished_at as date) < cast(placed.received_at as date)
            or (cast(placed.finished_at as time) <> '00:00' and cast(placed.received_at as time) <> '00:00')
        ) as finished_before_received,
        placed.submitted_at > placed.received_at
        and (
            cast(placed.submitted_at as date) > cast(placed.received_at as date)
            or (cast(placed.submitted_at as time) <> '00:00' and cast(placed.received_at as time) <> '00:00')
        ) as submitted_after_received,
        placed.catalogue_level is null as procedure_unknown,
        placed.commune_seen is not null and placed.commune_code is null as commune_unknown,
        placed.code_is_shaped is null and placed.dossier_code !~ :code_pattern as dossier_code_shape
    from (
        select
            typed.row_number,
            typed.staged_at,
            typed.read_problem,
            unit.unit_code,
            unit.label_unit_code,
            typed.dossier_code,
            typed.code_is_shaped,
            typed.code_is_new,
            typed.procedure_code,
            catalogue.service_level as catalogue_level,
            coalesce(
                nullif(catalogue.service_level, 0), cast(substring(typed.stated_level from '^[^0-9]*([234])[^0-9]*$') as smallint)
            ) as service_level,
            typed.channel,
            typed.status_code,
            cast(:status_groups as jsonb) ->> cast(typed.status_code as text) as status_group,
            typed.applicant_type,
            typed.applicant_key,
            typed.identity_placeholder,
            coalesce(commune_by_code.commune_code, commune_by_name.commune_code) as commune_code,
            typed.submitted_at,
            typed.received_at,
            typed.due_at,
            typed.finished_at,
            typed.returned_at,
            typed.fee_amount,
            typed.payment_method,
            typed.unit_seen,
            typed.channel_seen,
            typed.status_seen,
            typed.applicant_type_seen,
            typed.payment_method_seen,
            typed.commune_seen,
            typed.fee_seen,
            typed.submitted_seen,
            typed.received_seen,
            typed.due_seen,
            typed.finished_seen,
            typed.returned_seen
        from (
            select
                staged.row_number,
                staged.ctid as staged_at,
                staged.read_problem,
                staged.dossier_code,
                case when cast(:has_shapes as boolean) then staged.code_is_shaped end as code_is_shaped,
                staged.code_is_new,
                cast(:units as jsonb) ->> coalesce(staged.unit, :only_unit) as unit_label,
                case
                    when cast(:communes as jsonb) <> '{}'
                        then cast(:communes as jsonb) ->> (coalesce(staged.unit, :only_unit) || chr(31) || staged.commune)
                end as commune_label,
                -- 1.001193.000.00.00.H35 is the catalogue's 1.001193 as an agency's system extends it
                coalesce(
                    cast(:procedures as jsonb) ->> staged.procedure_code,
                    case
                        when staged.procedure_code like '_.______._%' then left(staged.procedure_code, 8)
                        else staged.procedure_code
                    end
                ) as procedure_code,
                staged.service_level as stated_level,
                -- '' in a map is what an empty value means; else what the jurisdiction takes a dossier with no channel for
                coalesce(
                    cast(:channels as jsonb) ->> coalesce(staged.channel, ''),
                    case when staged.channel is null then cast(:absent_channel as text) end
                ) as channel,
                cast(cast(:statuses as jsonb) ->> coalesce(staged.status, '') as smallint) as status_code,
                cast(:applicant_types as jsonb) ->> coalesce(staged.applicant_type, '') as applicant_type,
                cast(:payment_methods as jsonb) ->> coalesce(staged.payment_method, '') as payment_method,
                decode(
                    case
                        when starts_with(staged.applicant_key, '!') then nullif(substr(staged.applicant_key, 2), '')
                        else staged.applicant_key
                    end, 'hex'
                ) as applicant_key,
                starts_with(staged.applicant_key, '!') as identity_placeholder,
                {{ moment('submitted_at') }} as submitted_at,
                {{ moment('received_at') }} as received_at,
                {{ moment('due_at') }} as due_at,
                {{ moment('finished_at') }} as finished_at,
                {{ moment('returned_at') }} as returned_at,
                staging.amount_of(staged.fee_amount, cast(:number_formats as text[])) as fee_amount,
                staged.unit as unit_seen,
                staged.channel as channel_seen,
                staged.status as status_seen,
                staged.applicant_type as applicant_type_seen,
                staged.payment_method as payment_method_seen,
                staged.commune as commune_seen,
                staged.fee_amount as fee_seen,
                staged.submitted_at as submitted_seen,
                staged.received_at as received_seen,
                staged.due_at as due_seen,
                staged.finished_at as finished_seen,
                staged.returned_at as returned_seen
            from {{ staging }} as staged
            offset '0' -- noqa: AM09
        ) as typed
        left join {{ labelled_unit() }} as unit -- of a dossier with a wrong date of receipt: as of the delivery
            on
                typed.unit_label = unit.label_unit_code
                and case when {{ is_plausible }} then typed.received_at else cast(:observed_at as timestamptz) end >= unit.starts_at
                and case when {{ is_plausible }} then typed.received_at else cast(:observed_at as timestamptz) end < unit.ends_at
        left join {{ in_time('core.procedure') }} as catalogue
            on
                typed.procedure_code = catalogue.procedure_code
                and typed.received_at >= catalogue.starts_at
                and typed.received_at < catalogue.ends_at
        left join {{ in_time('core.commune') }} as commune_by_code
            on
                coalesce(typed.commune_label, typed.commune_seen) = commune_by_code.commune_code
                and typed.received_at >= commune_by_code.starts_at
                and typed.received_at < commune_by_code.ends_at
        left join {{ in_time('core.commune') }} as commune_by_name
            on
                typed.commune_seen = commune_by_name.name_vi
                and unit.unit_code = commune_by_name.district_unit_code
                and typed.received_at >= commune_by_name.starts_at
                and typed.received_at < commune_by_name.ends_at
        offset '0' -- noqa: AM09
    ) as placed
    offset '0' -- noqa: AM09
) as judged
