-- One row: a delivery as a whole. A column named as a rule counts its failing rows; shares are of all records. A source's first
-- delivery is as large as the one before (ratios 1, shares 0), and so is one that holds only what has changed, or is small.
-- Great Expectations looks at this relation. Filled from the typed table, whose accepted records are counted in one pass by what they are
-- alike in, and from the profiles of the source's deliveries before.
create unlogged table {{ summary }} with (autovacuum_enabled = off) as
with alike as (
    select
        {% if group %}
            {{ group }} as group_value,
        {% else %}
            cast(null as text) as group_value,
        {% endif %}
        warnings,
        reasons is null as is_accepted,
        count(*) as row_count,
        sum(row_hash) as fingerprint,
        {% if total %}
            sum({{ total }}) as total
        {% else %}
            cast(null as numeric) as total
        {% endif %}
    from {{ typed }}
    group by {% if group %}{{ group }}, {% endif %}warnings, reasons is null
),

judged as (
    select
        coalesce(cast(sum(row_count) as bigint), 0) as record_count,
        coalesce(cast(sum(row_count) filter (where is_accepted) as bigint), 0) as accepted_count,
        {% for rule in warnings %}
            coalesce(cast(sum(row_count) filter (where is_accepted and '{{ rule }}' = any(warnings)) as bigint), 0) as {{ rule }},
        {% endfor %}
        coalesce(sum(fingerprint) filter (where is_accepted), 0) as fingerprint,
        sum(total) filter (where is_accepted) as total
    from alike
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

in_group as (
    select
        cast(group_value as text) as group_value,
        cast(sum(row_count) as bigint) as row_count
    from alike
    where is_accepted and group_value is not null
    group by group_value
),

grouped as (
    select
        coalesce(jsonb_object_agg(group_value, row_count), '{}') as group_counts,
        coalesce(sum(row_count), 0) as grouped_count
    from in_group
),

previous as (
    select
        delivery.record_count,
        profile.total,
        profile.group_counts,
        (select sum(cast(held.value as numeric)) from jsonb_each_text(profile.group_counts) as held) as grouped_count
    from ops.delivery
    left join ops.delivery_profile as profile
        on delivery.delivery_id = profile.delivery_id
    where
        delivery.source_id = :source_id
        and delivery.period <= :period
        and delivery.delivery_id <> :delivery_id
        and delivery.state = 'accepted'
        and delivery.is_full
        and :is_full
    order by delivery.period desc, delivery.observed_at desc, delivery.delivery_id desc
    limit 1
),

-- Half the sum of the differences of all shares: 0 for the same mixture, 1 for another altogether.
shifted as (
    select
        sum(
            abs(
                coalesce(in_group.row_count, 0) / nullif(grouped.grouped_count, 0)
                - coalesce(cast(held.value as numeric), 0) / nullif(previous.grouped_count, 0)
            )
        ) / 2 as status_shift
    from grouped
    cross join previous
    cross join lateral jsonb_each_text(previous.group_counts || grouped.group_counts) as any_group
    left join in_group
        on any_group.key = in_group.group_value
    left join lateral jsonb_each_text(previous.group_counts) as held
        on any_group.key = held.key
    where previous.grouped_count >= :comparable_row_count and grouped.grouped_count >= :comparable_row_count
),

-- The months before that ended with exactly the same rows, counted back until one did not.
month_before as (
    select distinct on (delivery.period)
        delivery.period,
        profile.fingerprint = judged.fingerprint and profile.accepted_count = judged.accepted_count as is_same
    from ops.delivery
    inner join ops.delivery_profile as profile
        on delivery.delivery_id = profile.delivery_id
    cross join judged
    where
        delivery.source_id = :source_id
        and delivery.period < :period
        and delivery.state = 'accepted'
        and delivery.is_full
        and judged.accepted_count > 0
        and :is_full
    order by delivery.period desc, delivery.observed_at desc, delivery.delivery_id desc
),

unchanged as (
    select count(*) as period_count
    from month_before
    where
        is_same
        and not exists (
            select 1
            from month_before as other
            where
                not other.is_same
                and other.period > month_before.period
        )
),

counted as (
    select
        judged.*,
        previous.record_count as previous_record_count,
        previous.total as previous_total,
        coalesce(shifted.status_shift, 0) as status_shift,
        unchanged.period_count as unchanged_periods,
        failures.counts,
        grouped.group_counts
    from judged
    cross join failures
    cross join grouped
    cross join shifted
    cross join unchanged
    left join previous on true
)

select
    record_count,
    accepted_count,
    previous_record_count,
    fingerprint,
    total,
    group_counts,
    record_count - accepted_count - coalesce(cast(counts ->> 'duplicate_identical' as bigint), 0)
    - coalesce(cast(counts ->> 'duplicate_superseded' as bigint), 0) as refused_count,
    -- Shares as double precision: Great Expectations spends more time on a numeric value than on all the others.
    cast(
        round(
            (
                record_count - accepted_count - coalesce(cast(counts ->> 'duplicate_identical' as bigint), 0)
                - coalesce(cast(counts ->> 'duplicate_superseded' as bigint), 0)
            ) / cast(greatest(record_count, 1) as numeric), 6
        ) as double precision
    ) as refused_row_share,
    cast(
        round(
            (
                coalesce(cast(counts ->> 'duplicate_identical' as bigint), 0)
                + coalesce(cast(counts ->> 'duplicate_superseded' as bigint), 0)
            ) / cast(greatest(record_count, 1) as numeric), 6
        ) as double precision
    ) as duplicate_share,
    cast(
        round(coalesce(cast(counts ->> 'unit_unknown' as bigint), 0) / cast(greatest(record_count, 1) as numeric), 6)
        as double precision
    ) as unknown_unit_share,
    cast(
        coalesce(round(record_count / cast(nullif(previous_record_count, 0) as numeric), 4), 1) as double precision
    ) as row_count_ratio,
    case when record_count = 0 then coalesce(previous_record_count, 0) else 0 end as vanished_count,
    case
        when previous_record_count > :comparable_row_count and record_count > 0
            then cast(greatest(round(1 - record_count / cast(previous_record_count as numeric), 6), 0) as double precision)
        else 0
    end as shrunk_share,
    case
        when accepted_count >= :comparable_row_count and previous_total > 0 and total is not null
            then cast(round(total / previous_total, 4) as double precision)
        else 1
    end as total_ratio,
    case when coalesce(total, 0) = 0 and accepted_count > 0 then coalesce(previous_total, 0) else 0 end as zero_total_count,
    cast(round(status_shift, 6) as double precision) as status_shift,
    unchanged_periods,
    cast(:key_overlap as double precision) as key_overlap,
    cast(:vanished_share as double precision) as vanished_share,
    {% for rule in warnings %}
        {{ rule }},
        {% if rule == 'identity_placeholder' %}
            cast(
                round(identity_placeholder / cast(greatest(record_count, 1) as numeric), 6) as double precision
            ) as placeholder_share,
        {% endif %}
    {% endfor %}
    {% for rule in failing_rules %}
        coalesce(cast(counts ->> '{{ rule }}' as bigint), 0) as {{ rule }},
    {% endfor %}
    coalesce(cast(counts ->> 'cell_count' as bigint), 0) + coalesce(cast(counts ->> 'record_malformed' as bigint), 0)
    + coalesce(cast(counts ->> 'cell_too_long' as bigint), 0) as record_unreadable
from counted
