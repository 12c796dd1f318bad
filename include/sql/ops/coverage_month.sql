-- One row: the reporting status of a unit on the roster of a month, with the sources that did not report for it.
-- Filled from the deliveries decided by a moment, for the months of a window; roster first, so that nobody vanishes.
-- A unit is as well reported as its worst source: missing, then rejected, then late. A source is late when its first accepted delivery did
-- not come before the due moment; an unknown delivery date is not held against it. Reported without one dossier received or resolved in
-- the month is reported_zero. Sources deliver by calendar months: a month of another calendar needs every delivery that overlaps it.
-- A unit that a source of dossiers is expected for is judged by dossiers alone; its form 06a counts only where none is expected.
insert into {{ reporting_status_month }} (
    publication_id, period, unit_key, unit_code, reporting_status, figures_from, sources_expected, sources_missing, detail, detail_vi
)
with window_month as (
    select
        period,
        starts_on,
        ends_on
    from core.period
    where
        calendar = :calendar
        and starts_at >= cast(:window_starts_at as timestamptz)
        and ends_at <= cast(:window_ends_at as timestamptz)
),

roster as (
    select distinct on (window_month.period, unit.unit_code)
        window_month.period,
        window_month.starts_on,
        window_month.ends_on,
        unit.unit_key,
        unit.unit_code
    from window_month
    inner join core.unit
        on
            window_month.ends_on > unit.valid_from
            and window_month.starts_on < unit.valid_to
    order by window_month.period asc, unit.unit_code asc, unit.valid_from desc
),

expected_of_any as (
    select distinct
        roster.period,
        roster.unit_code,
        expected_source.source_id,
        expected_source.dataset,
        delivery_month.period as delivery_period,
        delivery_month.due_at
    from roster
    inner join core.period as delivery_month
        on
            delivery_month.calendar = 'calendar'
            and roster.ends_on > delivery_month.starts_on
            and roster.starts_on < delivery_month.ends_on
    inner join core.expected_source
        on
            roster.unit_code = expected_source.unit_code
            and expected_source.dataset in ('dossier', 'reported_total')
            and delivery_month.ends_on > expected_source.valid_from
            and delivery_month.starts_on < expected_source.valid_to
),

unit_dataset as (
    select
        period,
        unit_code,
        case when bool_or(dataset = 'dossier') then 'dossier' else 'reported_total' end as dataset
    from expected_of_any
    group by period, unit_code
),

expected_delivery as (
    select
        expected_of_any.period,
        expected_of_any.unit_code,
        expected_of_any.source_id,
        expected_of_any.delivery_period,
        expected_of_any.due_at
    from expected_of_any
    inner join unit_dataset
        on
            expected_of_any.period = unit_dataset.period
            and expected_of_any.unit_code = unit_dataset.unit_code
            and expected_of_any.dataset = unit_dataset.dataset
),

-- A decision holds until the next one of its delivery.
decision as (
    select distinct on (decided.delivery_id)
        decided.delivery_id,
        decided.state,
        decided.decided_at,
        decided.reasons,
        delivery.source_id,
        delivery.period,
        delivery.delivered_at
    from ops.delivery_decision as decided
    inner join ops.delivery
        on decided.delivery_id = delivery.delivery_id
    where
        delivery.dataset in ('dossier', 'reported_total')
        and decided.decided_at <= cast(:as_of as timestamptz)
    order by decided.delivery_id asc, decided.decided_at desc, decided.delivery_decision_id desc
),

decided_delivery as (
    select
        source_id,
        period,
        bool_or(state = 'accepted') as is_accepted,
        min(coalesce(delivered_at, '-infinity')) filter (where state = 'accepted') as first_delivered_at
    from decision
    group by source_id, period
),

source_status as (
    select
        expected_delivery.period,
        expected_delivery.unit_code,
        expected_delivery.source_id,
        expected_delivery.delivery_period,
        case
            when decided_delivery.source_id is null then 'missing'
            when not decided_delivery.is_accepted then 'rejected'
            when decided_delivery.first_delivered_at >= expected_delivery.due_at then 'late'
            else 'reported'
        end as source_status
    from expected_delivery
    left join decided_delivery
        on
            expected_delivery.source_id = decided_delivery.source_id
            and expected_delivery.delivery_period = decided_delivery.period
),

source_detail as (
    select
        source_status.period,
        source_status.unit_code,
        source_status.source_id,
        source_status.source_status,
        coalesce(refusal.message, failure.message) as message,
        refusal.reason_vi,
        case
            when source_status.source_status = 'rejected' then 'refused'
            when source_status.source_status = 'missing' then coalesce(failure.failure_kind, 'unknown')
        end as failure_kind
    from source_status
    left join lateral (
        select
            decision.reasons -> 0 ->> 'message' as message,
            'Số liệu đã gửi bị từ chối khi kiểm tra; yêu cầu: ' || nullif(decision.reasons -> 0 ->> 'expected', '') || '. '
            || coalesce(decision.reasons -> 0 ->> 'remedy', '') as reason_vi
        from decision
        where
            source_status.source_status = 'rejected'
            and decision.source_id = source_status.source_id
            and decision.period = source_status.delivery_period
            and decision.state = 'rejected'
        order by decision.decided_at desc, decision.delivery_id desc
        limit 1
    ) as refusal on true
    left join lateral (
        select
            left(pull_attempt.error, 500) as message,
            coalesce(pull_attempt.failure_kind, 'failed') as failure_kind
        from ops.pull_attempt
        where
            source_status.source_status = 'missing'
            and pull_attempt.source_id = source_status.source_id
            and pull_attempt.period = source_status.delivery_period
            and pull_attempt.outcome = 'failed'
            and pull_attempt.recorded_at <= cast(:as_of as timestamptz)
        order by pull_attempt.attempted_at desc, pull_attempt.pull_attempt_id desc
        limit 1
    ) as failure on true
),

-- For officials: no host, account or path. What a refused delivery lacks is told as its contract words it.
told_reason as (
    select
        source_detail.period,
        source_detail.unit_code,
        source_detail.source_id,
        coalesce(trim(source_detail.reason_vi), told.reason_vi) as reason_vi
    from source_detail
    inner join
        (
            values
            ('refused', 'Số liệu đã gửi bị từ chối khi kiểm tra; cơ quan cần sửa và gửi lại.'),
            ('unauthorised', 'Hệ thống của cơ quan không chấp nhận tài khoản truy cập; cần cấp lại quyền truy cập.'),
            ('unavailable', 'Hệ thống của cơ quan không trả lời hoặc quá tải.'),
            ('cut_off', 'Số liệu nhận được không trọn vẹn; cần gửi lại.'),
            ('not_ready', 'Cơ quan chưa gửi số liệu của kỳ.'),
            ('misconfigured', 'Hệ thống của cơ quan trả lời không đúng như đã thống nhất; cần rà soát kết nối.'),
            ('failed', 'Lần lấy số liệu gần nhất không thành công.'),
            ('unknown', 'Chưa nhận được số liệu đã kiểm tra xong của kỳ.')
        ) as told (told_kind, reason_vi)
        on source_detail.failure_kind = told.told_kind
),

-- The source is named where several of the unit's failed in different ways.
unit_reason as (
    select
        period,
        unit_code,
        case
            when count(distinct reason_vi) = 1 then min(reason_vi)
            else string_agg(distinct source_id || ': ' || reason_vi, ' ')
        end as detail_vi
    from told_reason
    group by period, unit_code
),

unit_sources as (
    select
        period,
        unit_code,
        cast(count(distinct source_id) as integer) as sources_expected,
        bool_or(source_status = 'missing') as has_missing,
        bool_or(source_status = 'rejected') as has_rejected,
        bool_or(source_status = 'late') as has_late,
        array_agg(distinct source_id order by source_id) filter (where source_status in ('missing', 'rejected')) as sources_missing,
        string_agg(distinct source_id || ': ' || message, '; ') as detail
    from source_detail
    group by period, unit_code
),

active_unit as (
    select
        period,
        unit_code,
        figures_from,
        bool_or(dossier_count > 0) as is_active
    from {{ dossier_count_month }}
    where publication_id = :publication_id
    group by period, unit_code, figures_from
)

select
    cast(:publication_id as bigint) as publication_id,
    roster.period,
    roster.unit_key,
    roster.unit_code,
    case
        when unit_sources.unit_code is null then 'not_expected'
        when unit_sources.has_missing then 'missing'
        when unit_sources.has_rejected then 'rejected'
        when unit_sources.has_late then 'late'
        -- a form that leaves out what would be counted is not a zero
        when coalesce(active_unit.is_active, unit_dataset.dataset = 'reported_total') is false then 'reported_zero'
        else 'reported'
    end as reporting_status,
    case unit_dataset.dataset when 'dossier' then 'dossiers' when 'reported_total' then 'reported_total' end as figures_from,
    coalesce(unit_sources.sources_expected, 0) as sources_expected,
    coalesce(unit_sources.sources_missing, '{}') as sources_missing,
    unit_sources.detail,
    unit_reason.detail_vi
from roster
left join unit_sources
    on
        roster.period = unit_sources.period
        and roster.unit_code = unit_sources.unit_code
left join unit_dataset
    on
        roster.period = unit_dataset.period
        and roster.unit_code = unit_dataset.unit_code
left join unit_reason
    on
        roster.period = unit_reason.period
        and roster.unit_code = unit_reason.unit_code
left join active_unit
    on
        roster.period = active_unit.period
        and roster.unit_code = active_unit.unit_code
        and (unit_dataset.dataset = 'dossier') = (active_unit.figures_from = 'dossiers')
