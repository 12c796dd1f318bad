-- One row: a delivery as a whole. A column named as a rule counts its failing rows; shares are of all records. A source's
-- first delivery is as large as the one before (row_count_ratio 1), and so is one that holds only what has changed.
-- Great Expectations looks at this relation. Filled from the typed table and the source's delivery before.
create unlogged table {{ summary }} with (autovacuum_enabled = off) as
with judged as (
    select
        count(*) as record_count,
        count(*) filter (where reasons is null) as accepted_count,
        count(*) filter (where reasons is null and 'procedure_unknown' = any(warnings)) as procedure_unknown,
        count(*) filter (where reasons is null and 'commune_unknown' = any(warnings)) as commune_unknown,
        count(*) filter (where reasons is null and 'dossier_code_shape' = any(warnings)) as dossier_code_shape,
        count(*) filter (where reasons is null and 'submitted_after_received' = any(warnings)) as submitted_after_received,
        count(*) filter (where reasons is null and 'channel_absent' = any(warnings)) as channel_absent,
        count(*) filter (where reasons is null and 'channel_internal' = any(warnings)) as channel_internal
    from {{ typed }}
),

failing as (
    select
        reason ->> 'rule' as rule,
        count(distinct typed.row_number) as row_count
    from {{ typed }} as typed
    cross join lateral jsonb_array_elements(typed.reasons) as reason
    where typed.reasons is not null
    group by reason ->> 'rule'
),

failures as (
    select coalesce(jsonb_object_agg(rule, row_count), '{}') as counts
    from failing
),

previous as (
    select delivery.record_count
    from ops.delivery as delivery
    where
        delivery.source_id = :source_id
        and delivery.period <= :period
        and delivery.delivery_id <> :delivery_id
        and delivery.state = 'accepted'
        and delivery.is_full
        and not exists (
            select 1
            from ops.delivery as this_delivery
            where
                this_delivery.delivery_id = :delivery_id
                and not this_delivery.is_full
        )
    order by delivery.period desc, delivery.observed_at desc, delivery.delivery_id desc
    limit 1
),

counted as (
    select
        judged.*,
        previous.record_count as previous_record_count,
        failures.counts,
        coalesce(cast((failures.counts ->> 'duplicate_identical') as bigint), 0) as duplicate_identical,
        coalesce(cast((failures.counts ->> 'duplicate_superseded') as bigint), 0) as duplicate_superseded,
        coalesce(cast((failures.counts ->> 'unit_unknown') as bigint), 0) as unit_unknown
    from judged
    cross join failures
    left join previous on true
)

select
    record_count,
    accepted_count,
    previous_record_count,
    record_count - accepted_count - duplicate_identical - duplicate_superseded as refused_count,
    round(
        (record_count - accepted_count - duplicate_identical - duplicate_superseded) / cast(greatest(record_count, 1) as numeric), 6
    ) as refused_row_share,
    round((duplicate_identical + duplicate_superseded) / cast(greatest(record_count, 1) as numeric), 6) as duplicate_share,
    round(unit_unknown / cast(greatest(record_count, 1) as numeric), 6) as unknown_unit_share,
    coalesce(round(record_count / cast(nullif(previous_record_count, 0) as numeric), 4), 1) as row_count_ratio,
    case when record_count = 0 then coalesce(previous_record_count, 0) else 0 end as vanished_count,
    duplicate_identical,
    duplicate_superseded,
    unit_unknown,
    procedure_unknown,
    commune_unknown,
    dossier_code_shape,
    submitted_after_received,
    channel_absent,
    channel_internal,
    coalesce(cast((counts ->> 'level_2_filed_online') as bigint), 0) as level_2_filed_online,
    coalesce(cast((counts ->> 'receipt_date_missing') as bigint), 0) as receipt_date_missing,
    coalesce(cast((counts ->> 'finish_date_missing') as bigint), 0) as finish_date_missing,
    coalesce(cast((counts ->> 'received_in_future') as bigint), 0) as received_in_future,
    coalesce(cast((counts ->> 'finished_in_future') as bigint), 0) as finished_in_future,
    coalesce(cast((counts ->> 'finished_before_received') as bigint), 0) as finished_before_received,
    coalesce(cast((counts ->> 'cell_count') as bigint), 0) + coalesce(cast((counts ->> 'record_malformed') as bigint), 0)
    + coalesce(cast((counts ->> 'cell_too_long') as bigint), 0) as record_unreadable,
    coalesce(cast((counts ->> 'dossier_code_missing') as bigint), 0) as dossier_code_missing,
    coalesce(cast((counts ->> 'unit_of_another_source') as bigint), 0) as unit_of_another_source,
    coalesce(cast((counts ->> 'date_unreadable') as bigint), 0) as date_unreadable,
    coalesce(cast((counts ->> 'channel_unknown') as bigint), 0) as channel_unknown,
    coalesce(cast((counts ->> 'status_missing') as bigint), 0) as status_missing,
    coalesce(cast((counts ->> 'status_unknown') as bigint), 0) as status_unknown,
    coalesce(cast((counts ->> 'applicant_type_unknown') as bigint), 0) as applicant_type_unknown,
    coalesce(cast((counts ->> 'payment_method_unknown') as bigint), 0) as payment_method_unknown,
    coalesce(cast((counts ->> 'fee_unreadable') as bigint), 0) as fee_unreadable,
    coalesce(cast((counts ->> 'received_too_early') as bigint), 0) as received_too_early
from counted
