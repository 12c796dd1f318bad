-- One row: a source expected to deliver for a unit in a calendar month that the period overlaps, and how good its last delivery decided by
-- the moment of the data was.
-- Filled by publication.build from ops.delivery, its decisions and quarantine.row; every unit has a row ('' where no source is expected).
-- Figures of the delivery, not of the unit: a source that delivers for several units repeats them. A row once quarantined stays counted,
-- even if it was replayed since. Sources deliver by calendar months: a month of another calendar stands on each that it overlaps, as its
-- reporting status does.
insert into mart.quality_month (
    publication_id, period, unit_code, source_id, delivery_period, dataset, state, delivery_count, record_count, accepted_count,
    quarantined_count, quarantined_by_rule, duplicate_count, late_days, is_unchanged
)
with measured as (
    select
        roster.publication_id,
        roster.period,
        roster.unit_code,
        roster.as_of,
        delivery_month.period as delivery_period,
        delivery_month.ends_on,
        delivery_month.starts_on,
        delivery_month.due_at,
        month_before.period as period_before
    from mart.publication_roster as roster
    inner join core.period as delivery_month
        on
            delivery_month.calendar = 'calendar'
            and roster.ends_on > delivery_month.starts_on
            and roster.starts_on < delivery_month.ends_on
    left join core.period as month_before
        on
            month_before.calendar = 'calendar'
            and delivery_month.starts_on = month_before.ends_on
    where roster.publication_id = :publication_id
),

expected as (
    select
        measured.publication_id,
        measured.period,
        measured.unit_code,
        measured.delivery_period,
        measured.due_at,
        measured.period_before,
        expected_source.source_id,
        expected_source.dataset
    from measured
    left join core.expected_source
        on
            measured.unit_code = expected_source.unit_code
            and measured.ends_on > expected_source.valid_from
            and measured.starts_on < expected_source.valid_to
),

decision as (
    select distinct on (decided.delivery_id)
        delivery.source_id,
        delivery.period,
        delivery.sha256,
        delivery.delivered_at,
        decided.delivery_id,
        decided.state,
        decided.decided_at,
        decided.record_count,
        decided.accepted_count,
        decided.quarantined_count
    from ops.delivery_decision as decided
    inner join ops.delivery
        on decided.delivery_id = delivery.delivery_id
    where
        decided.decided_at <= cast(:as_of as timestamptz)
        and exists (
            select 1
            from expected
            where
                expected.source_id = delivery.source_id
                and delivery.period in (expected.delivery_period, expected.period_before)
        )
    order by decided.delivery_id asc, decided.decided_at desc, decided.delivery_decision_id desc
),

decided as (
    select
        source_id,
        period,
        delivery_id,
        state,
        sha256,
        delivered_at,
        record_count,
        accepted_count,
        quarantined_count,
        count(*) over of_source as delivery_count,
        min(coalesce(delivered_at, '-infinity')) filter (where state = 'accepted') over of_source as first_delivered_at,
        row_number() over (partition by source_id, period order by decided_at desc, delivery_id desc) as recency
    from decision
    window of_source as (partition by source_id, period)
),

-- Why rows were refused, as it stood at the moment of the data. Looked up for each delivery: joined, quarantine would be read whole.
broken_rule as (
    select
        decided.delivery_id,
        reason.rule,
        count(distinct refused_row.row_number) as row_count
    from decided
    cross join
        lateral (
            select
                refused.row_number,
                refused.reasons
            from quarantine.row as refused
            where
                refused.delivery_id = decided.delivery_id
                and coalesce(refused.reasons_since, refused.quarantined_at) <= cast(:as_of as timestamptz)
            union all
            select
                earlier.row_number,
                earlier.reasons
            from quarantine.row_before as earlier
            where
                earlier.delivery_id = decided.delivery_id
                and earlier.known_from <= cast(:as_of as timestamptz)
                and earlier.known_to > cast(:as_of as timestamptz)
        ) as refused_row
    cross join lateral (select reason.value ->> 'rule' as rule from jsonb_array_elements(refused_row.reasons) as reason (value)) as reason
    where
        decided.recency = 1
        and decided.period in (select expected.delivery_period from expected)
    group by decided.delivery_id, reason.rule
),

broken_rules as (
    select
        delivery_id,
        jsonb_object_agg(rule, row_count) as quarantined_by_rule,
        sum(row_count) filter (where rule in ('duplicate_identical', 'duplicate_superseded')) as duplicate_count
    from broken_rule
    group by delivery_id
)

select
    expected.publication_id,
    expected.period,
    expected.unit_code,
    coalesce(expected.source_id, '') as source_id,
    expected.delivery_period,
    expected.dataset,
    case
        when expected.source_id is null then 'not_expected'
        when delivery.delivery_id is null then 'missing'
        else delivery.state
    end as state,
    coalesce(delivery.delivery_count, 0) as delivery_count,
    delivery.record_count,
    delivery.accepted_count,
    delivery.quarantined_count,
    case when delivery.delivery_id is not null then coalesce(broken_rules.quarantined_by_rule, '{}') end as quarantined_by_rule,
    case when delivery.delivery_id is not null then coalesce(broken_rules.duplicate_count, 0) end as duplicate_count,
    case
        when isfinite(delivery.first_delivered_at)
            then greatest(ceil(extract(epoch from delivery.first_delivered_at - expected.due_at) / 86400), 0)
    end as late_days,
    delivery.sha256 = delivery_before.sha256 as is_unchanged
from expected
left join decided as delivery
    on
        expected.source_id = delivery.source_id
        and expected.delivery_period = delivery.period
        and delivery.recency = 1
left join decided as delivery_before
    on
        expected.source_id = delivery_before.source_id
        and expected.period_before = delivery_before.period
        and delivery_before.recency = 1
left join broken_rules
    on delivery.delivery_id = broken_rules.delivery_id
