-- One row is one procedure at one level of a delivered catalogue, typed and judged: reasons say why it is refused (null: accepted).
-- Filled from the delivery's text columns, beside the configured catalogue (core.procedure without a source) and what was delivered
-- before. A row without a first day holds since the source first gave it so, otherwise from the delivery's month on; a last day is
-- the last one, and valid_to the day after it.
create unlogged table {{ typed }} with (autovacuum_enabled = off) as
with read_row as (
    select
        staged.row_number,
        staged.ctid as staged_at,
        staged.read_problem,
        case
            when staged.procedure_code like '_.______._%' then left(staged.procedure_code, 8)
            else staged.procedure_code
        end as procedure_code,
        staged.procedure_name as name_vi,
        staged.field as field_vi,
        staged.administrative_level,
        cast(substring(staged.service_level from '^[^0-9]*([1234])[^0-9]*$') as smallint) as service_level,
        cast(
            staging.moment_of(
                staged.valid_from, cast(:timestamp_formats as text[]), cast(:timestamp_patterns as text[]), false
            ) as date
        ) as stated_from,
        cast(
            staging.moment_of(
                staged.valid_to, cast(:timestamp_formats as text[]), cast(:timestamp_patterns as text[]), false
            ) as date
        ) + 1 as stated_to,
        staged.service_level as level_seen,
        staged.valid_from as from_seen,
        staged.valid_to as to_seen
    from {{ staging }} as staged
),

dated as (
    select
        read_row.*,
        coalesce(
            read_row.stated_from,
            (
                select max(held.valid_from)
                from core.procedure_version as held
                where
                    held.known_to = 'infinity'
                    and held.source_id = :source_id
                    and held.procedure_code = read_row.procedure_code
                    and held.service_level = read_row.service_level
                    and held.valid_from <= cast(:period_starts_on as date)
                    and not exists ( -- another level since then: this one begins anew
                        select 1
                        from core.procedure_version as later
                        where
                            later.known_to = 'infinity'
                            and later.source_id = :source_id
                            and later.procedure_code = read_row.procedure_code
                            and later.service_level <> read_row.service_level
                            and later.valid_from > held.valid_from
                            and later.valid_from <= cast(:period_starts_on as date)
                    )
            ),
            cast(:period_starts_on as date)
        ) as valid_from,
        coalesce(read_row.stated_to, 'infinity') as valid_to
    from read_row
),

placed as (
    select
        dated.*,
        lead(dated.valid_from) over (
            partition by dated.procedure_code
            order by dated.valid_from, dated.row_number
        ) as next_from
    from dated
),

judged as (
    select
        placed.*,
        (
            select
                format(
                    'mức %s; danh mục cấu hình: mức %s từ %s',
                    placed.level_seen, held.service_level, to_char(held.valid_from, 'DD/MM/YYYY')
                )
            from core.procedure as held
            where
                held.source_id is null
                and held.procedure_code = placed.procedure_code
                and held.service_level <> placed.service_level
                and held.valid_from < least(placed.valid_to, placed.next_from)
                and held.valid_to > placed.valid_from
            order by held.valid_from
            limit 1
        ) as contradiction,
        (
            select min(held.source_id)
            from core.procedure_version as held
            where
                held.known_to = 'infinity'
                and held.source_id <> :source_id
                and held.procedure_code = placed.procedure_code
        ) as other_source
    from placed
)

select
    judged.row_number,
    judged.staged_at,
    judged.procedure_code,
    judged.valid_from,
    cast(:source_id as text) as source_id,
    judged.name_vi,
    judged.field_vi,
    judged.administrative_level,
    judged.service_level,
    judged.valid_to,
    hash_record_extended(
        row(
            judged.procedure_code, judged.valid_from, judged.name_vi, judged.field_vi, judged.administrative_level,
            judged.service_level, judged.valid_to
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
                )
            from (
                values
                ('procedure_code_missing', 'procedure_code', judged.procedure_code is null, null),
                (
                    'procedure_code_too_long', 'procedure_code', octet_length(judged.procedure_code) > :longest_code,
                    left(judged.procedure_code, 60) || '… (' || octet_length(judged.procedure_code) || ')'
                ),
                ('procedure_name_missing', 'procedure_name', judged.name_vi is null, null),
                ('level_unknown', 'service_level', judged.service_level is null, judged.level_seen),
                ('date_unreadable', 'valid_from', judged.from_seen is not null and judged.stated_from is null, judged.from_seen),
                ('date_unreadable', 'valid_to', judged.to_seen is not null and judged.stated_to is null, judged.to_seen),
                ('validity_reversed', 'valid_to', judged.valid_to <= judged.valid_from, judged.to_seen),
                ('validity_overlaps', 'valid_to', judged.stated_to > judged.next_from, judged.to_seen),
                ('procedure_conflicts', 'service_level', judged.contradiction is not null, judged.contradiction),
                (
                    'procedure_of_another_source', 'procedure_code',
                    judged.other_source is not null, judged.procedure_code || ' (' || judged.other_source || ')'
                )
            ) as failure (rule, field, is_failing, seen)
            where failure.is_failing
        )
    end as reasons,
    cast(null as text[]) as warnings
from judged
