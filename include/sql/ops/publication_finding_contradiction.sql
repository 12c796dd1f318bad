-- One row: something that contradicts the figures of a built publication, or makes them doubtful: for who approves it, never blocking.
-- Filled by publication.check, from the publication's marts and what was published for the month before.
insert into ops.publication_finding (publication_id, finding, severity, unit_code, message_vi)
with month_before as (
    select
        earlier.publication_id,
        period.starts_on
    from ops.publication
    inner join core.period
        on
            publication.calendar = period.calendar
            and publication.period = period.period
    inner join core.period as earlier_period
        on
            period.calendar = earlier_period.calendar
            and period.starts_at = earlier_period.ends_at
    inner join ops.publication_described as earlier
        on
            earlier_period.calendar = earlier.calendar
            and earlier_period.period = earlier.period
            and earlier.is_latest
    where publication.publication_id = :publication_id
),

-- What was pending at units that have ended since is carried over at their successors.
pending_before as (
    select
        coalesce(succession.succeeding_unit_code, form.unit_code) as unit_code,
        sum(form.pending_total) as pending_total,
        bool_and(coalesce(form.figures_from, '') = 'dossiers') as is_counted
    from month_before
    inner join mart.form_06a as form
        on month_before.publication_id = form.publication_id
    left join core.succeeding_unit as succession
        on
            form.unit_code = succession.unit_code
            and month_before.starts_on >= succession.starts_on
            and month_before.starts_on < succession.ends_on
    group by coalesce(succession.succeeding_unit_code, form.unit_code)
),

carry_over_differs as (
    select
        'carry_over_differs' as finding,
        form.unit_code,
        ops.told(
            :publication_id,
            'Biểu 06a: tồn cuối tháng trước đã công bố ' || earlier_form.pending_total || ', kỳ trước chuyển sang '
            || form.carried_over + form.withdrawn_carried_over || ' (kể cả ' || form.withdrawn_carried_over
            || ' hồ sơ đã rút trong tháng); số liệu tháng trước đã thay đổi sau khi công bố.',
            'Published as pending at the end of the month before: ' || earlier_form.pending_total || '; carried over into this one: '
            || form.carried_over + form.withdrawn_carried_over || ' (of which ' || form.withdrawn_carried_over
            || ' withdrawn in the month): the month before has changed since it was published.'
        ) as message_vi
    from mart.form_06a as form
    inner join pending_before as earlier_form
        on form.unit_code = earlier_form.unit_code
    where
        form.publication_id = :publication_id
        and form.figures_from = 'dossiers'
        and earlier_form.is_counted
        and earlier_form.pending_total <> form.carried_over + form.withdrawn_carried_over
),

form_06a_stated_unbalanced as (
    select
        'form_06a_stated_unbalanced' as finding,
        unit_code,
        ops.told(
            :publication_id,
            'Biểu 06a do đơn vị tự báo cáo không cân đối (3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13, '
            || '3 = 7 + 11): đề nghị đơn vị kiểm tra.',
            'The form 06a that the unit sent does not balance (3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13, 3 = 7 + 11): ask the unit.'
        ) as message_vi
    from mart.form_06a
    where
        publication_id = :publication_id
        and figures_from = 'reported_total'
        and (
            received_total <> received_online + received_direct + carried_over
            or resolved_total <> resolved_early + resolved_on_time + resolved_late
            or pending_total <> pending_in_time + pending_overdue
            or received_total <> resolved_total + pending_total
        )
),

form_06a_stated_unusable as (
    select
        'form_06a_stated_unusable' as finding,
        roster.unit_code,
        ops.told(
            :publication_id,
            'Đơn vị chỉ gửi biểu 06a, nhưng biểu thiếu hoặc sai số cần cho chỉ số chính thức (tổng số, trực tuyến mức 3, mức 4): '
            || 'chưa có số liệu trong kỳ.',
            'The unit sends only form 06a, and what the official metric needs (totals, online at level 3 and 4) is missing or wrong in it: '
            || 'no data for the period.'
        ) as message_vi
    from mart.publication_roster as roster
    inner join mart.compliance_month as fact
        on
            roster.publication_id = fact.publication_id
            and roster.unit_code = fact.unit_code
    inner join core.metric
        on
            fact.metric_id = metric.metric_id
            and fact.metric_version = metric.metric_version
    where
        roster.publication_id = :publication_id
        and roster.has_data
        and roster.figures_from = 'reported_total'
        and fact.scope = 'total'
        and metric.is_official
        and fact.denominator is null
),

stated_differs as (
    select
        'stated_differs' as finding,
        unit_code,
        ops.told(
            :publication_id,
            'Biểu 06a đơn vị báo cáo khác số đếm từ hồ sơ: '
            || string_agg(item || ' ' || second_value || ' (đếm được ' || first_value || ')', ', ' order by item) || '.',
            'The form 06a that the unit sent differs from its dossiers: '
            || string_agg(item || ' ' || second_value || ' (counted ' || first_value || ')', ', ' order by item) || '.'
        ) as message_vi
    from mart.reconciliation_month
    where
        publication_id = :publication_id
        and comparison = 'form_06a'
        and status = 'different'
    group by unit_code
),

payments_differ as (
    select
        'payments_differ' as finding,
        unit_code,
        ops.told(
            :publication_id,
            'Đối soát thanh toán không khớp: '
            || string_agg(
                comparison || ' (khớp ' || matched_count || ', chỉ bên thứ nhất ' || only_first_count || ', chỉ bên thứ hai '
                || only_second_count || ', lệch ' || differing_count || ')', ', ' order by comparison
            ) || '.',
            'Payments do not agree: '
            || string_agg(
                comparison || ' (agree ' || matched_count || ', only in the first ' || only_first_count || ', only in the second '
                || only_second_count || ', different ' || differing_count || ')', ', ' order by comparison
            ) || '.'
        ) as message_vi
    from mart.reconciliation_month
    where
        publication_id = :publication_id
        and comparison <> 'form_06a'
        and status = 'different'
    group by unit_code
),

rate_jump as (
    select
        'rate_jump' as finding,
        unit_code,
        ops.told(
            :publication_id,
            'Tỷ lệ nộp trực tuyến tăng đột biến: ' || earlier_online_count || '/' || earlier_received_count || ' các tháng trước, nay '
            || online_count || '/' || received_count || ' (nghi vấn ' || suspected_count || ' hồ sơ); cần kiểm tra.',
            'The share filed online has jumped: ' || earlier_online_count || '/' || earlier_received_count || ' in the months before, now '
            || online_count || '/' || received_count || ' (' || suspected_count || ' suspected); look into it.'
        ) as message_vi
    from mart.suspect_filing_month
    where
        publication_id = :publication_id
        and is_rate_jump
),

finding as (
    select
        finding,
        unit_code,
        message_vi
    from carry_over_differs
    union all
    select
        finding,
        unit_code,
        message_vi
    from form_06a_stated_unbalanced
    union all
    select
        finding,
        unit_code,
        message_vi
    from form_06a_stated_unusable
    union all
    select
        finding,
        unit_code,
        message_vi
    from stated_differs
    union all
    select
        finding,
        unit_code,
        message_vi
    from payments_differ
    union all
    select
        finding,
        unit_code,
        message_vi
    from rate_jump
)

select
    cast(:publication_id as bigint) as publication_id,
    finding,
    'warn' as severity,
    unit_code,
    message_vi
from finding
