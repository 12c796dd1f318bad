-- One row: a mart of a built publication that does not add up to what was counted, or to itself.
-- Filled by publication.check: sums by procedure and commune equal to the counts that compliance is made from; parts equal to their whole;
-- the identities of form 06a. A form that the agency states itself is only warned of.
insert into ops.publication_finding (publication_id, finding, severity, unit_code, message_vi)
with roster as (
    select
        publication_id,
        period,
        unit_code,
        has_dossiers
    from mart.publication_roster
    where publication_id = :publication_id
),

counted as (
    select
        roster.unit_code,
        sum(counts.dossier_count) filter (where counts.event = 'received') as received_count,
        sum(counts.dossier_count) filter (where counts.event = 'received' and counts.is_commune) as commune_received_count,
        sum(counts.dossier_count) filter (where counts.event = 'resolved') as resolved_count,
        sum(counts.dossier_count) filter (where counts.event = 'resolved' and counts.is_commune) as commune_resolved_count
    from roster
    left join mart.dossier_count_month as counts
        on
            roster.publication_id = counts.publication_id
            and roster.period = counts.period
            and roster.unit_code = counts.unit_code
            and counts.figures_from = 'dossiers'
    group by roster.unit_code
),

expected as (
    select
        roster.unit_code,
        event.event,
        case when roster.has_dossiers then coalesce(event.dossier_count, 0) end as dossier_count
    from roster
    inner join counted
        on roster.unit_code = counted.unit_code
    cross join lateral (
        values
        ('received', counted.received_count),
        ('resolved', counted.resolved_count),
        ('received_commune', counted.commune_received_count),
        ('resolved_commune', counted.commune_resolved_count)
    ) as event (event, dossier_count)
),

seen as (
    select
        'procedure_month' as mart,
        'received' as event,
        unit_code,
        sum(received_count) as dossier_count
    from mart.procedure_month
    where publication_id = :publication_id
    group by unit_code
    union all
    select
        'commune_month' as mart,
        'received' as event,
        unit_code,
        sum(received_count) as dossier_count
    from mart.commune_month
    where publication_id = :publication_id
    group by unit_code
    union all
    select
        'commune_month' as mart,
        'received_commune' as event,
        unit_code,
        sum(case when commune_code = '' then 0 * received_count else received_count end) as dossier_count
    from mart.commune_month
    where publication_id = :publication_id
    group by unit_code
    union all
    select
        'procedure_month' as mart,
        'resolved' as event,
        unit_code,
        sum(resolved_count) as dossier_count
    from mart.procedure_month
    where publication_id = :publication_id
    group by unit_code
    union all
    select
        'commune_month' as mart,
        'resolved' as event,
        unit_code,
        sum(resolved_count) as dossier_count
    from mart.commune_month
    where publication_id = :publication_id
    group by unit_code
    union all
    select
        'commune_month' as mart,
        'resolved_commune' as event,
        unit_code,
        sum(case when commune_code = '' then 0 * resolved_count else resolved_count end) as dossier_count
    from mart.commune_month
    where publication_id = :publication_id
    group by unit_code
    union all
    select
        'timeliness_month' as mart,
        'resolved' as event,
        unit_code,
        resolved_count as dossier_count
    from mart.timeliness_month
    where publication_id = :publication_id
    union all
    select
        'form_06a' as mart,
        'resolved' as event,
        unit_code,
        resolved_total as dossier_count
    from mart.form_06a
    where
        publication_id = :publication_id
        and figures_from is distinct from 'reported_total'
    union all
    select
        'form_06a' as mart,
        'received' as event,
        unit_code,
        received_online + received_direct + withdrawn_received as dossier_count
    from mart.form_06a
    where
        publication_id = :publication_id
        and figures_from is distinct from 'reported_total'
    union all
    select
        'payment_month' as mart,
        'resolved' as event,
        unit_code,
        resolved_count as dossier_count
    from mart.payment_month
    where publication_id = :publication_id
    union all
    select
        'suspect_filing_month' as mart,
        'received' as event,
        unit_code,
        received_count as dossier_count
    from mart.suspect_filing_month
    where publication_id = :publication_id
),

mart_unbalanced as (
    select
        'mart_unbalanced' as finding,
        expected.unit_code,
        ops.told(
            :publication_id,
            'Bảng ' || seen.mart || ': ' || seen.event || ' là ' || coalesce(cast(seen.dossier_count as text), 'trống')
            || ', đã đếm ' || coalesce(cast(expected.dossier_count as text), 'trống') || '; lập lại lần công bố này.',
            'Table ' || seen.mart || ': ' || seen.event || ' is ' || coalesce(cast(seen.dossier_count as text), 'empty')
            || ', counted ' || coalesce(cast(expected.dossier_count as text), 'empty') || '; measure this publication again.'
        ) as message_vi
    from expected
    inner join seen
        on
            expected.unit_code = seen.unit_code
            and expected.event = seen.event
    where expected.dossier_count is distinct from seen.dossier_count
),

part_sum as (
    select
        'procedure_month' as mart,
        unit_code,
        received_count as whole_count,
        received_online_level_3_count + received_online_level_4_count + received_online_other_count
        + received_direct_count + received_post_count as part_count
    from mart.procedure_month
    where publication_id = :publication_id
    union all
    select
        'procedure_month' as mart,
        unit_code,
        resolved_count as whole_count,
        resolved_online_level_3_count + resolved_online_level_4_count + resolved_online_other_count
        + resolved_direct_count + resolved_post_count as part_count
    from mart.procedure_month
    where publication_id = :publication_id
    union all
    select
        'commune_month' as mart,
        unit_code,
        received_count as whole_count,
        received_online_level_3_count + received_online_level_4_count + received_online_other_count
        + received_direct_count + received_post_count as part_count
    from mart.commune_month
    where publication_id = :publication_id
    union all
    select
        'commune_month' as mart,
        unit_code,
        resolved_count as whole_count,
        resolved_online_level_3_count + resolved_online_level_4_count + resolved_online_other_count
        + resolved_direct_count + resolved_post_count as part_count
    from mart.commune_month
    where publication_id = :publication_id
    union all
    select
        'timeliness_month' as mart,
        unit_code,
        resolved_count as whole_count,
        resolved_early_count + resolved_on_time_count + resolved_late_count
        + resolved_no_due_date_count as part_count
    from mart.timeliness_month
    where publication_id = :publication_id
    union all
    select
        'timeliness_month' as mart,
        unit_code,
        pending_count as whole_count,
        pending_in_time_count + pending_overdue_count + pending_no_due_date_count as part_count
    from mart.timeliness_month
    where publication_id = :publication_id
    union all
    select
        'missed_online_month' as mart,
        unit_code,
        eligible_count as whole_count,
        online_count + direct_count + post_count as part_count
    from mart.missed_online_month
    where publication_id = :publication_id
    union all
    select
        'payment_month' as mart,
        unit_code,
        resolved_count as whole_count,
        with_fee_count + without_fee_count + fee_unknown_count as part_count
    from mart.payment_month
    where publication_id = :publication_id
    union all
    select
        'payment_month' as mart,
        unit_code,
        with_fee_count as whole_count,
        national_gateway_count + local_gateway_count + counter_count
        + unpaid_count + method_unknown_count as part_count
    from mart.payment_month
    where publication_id = :publication_id
    union all
    select
        'payment_month' as mart,
        unit_code,
        paid_online_count as whole_count,
        national_gateway_count + local_gateway_count as part_count
    from mart.payment_month
    where publication_id = :publication_id
),

mart_parts_unbalanced as (
    select
        'mart_parts_unbalanced' as finding,
        unit_code,
        ops.told(
            :publication_id,
            'Bảng ' || mart || ': các phần không cộng thành tổng.',
            'Table ' || mart || ': the parts do not add up to the whole.'
        ) as message_vi
    from part_sum
    where whole_count is distinct from part_count
    group by mart, unit_code
),

form_06a_unbalanced as (
    select
        'form_06a_unbalanced' as finding,
        unit_code,
        ops.told(
            :publication_id,
            'Biểu 06a không cân đối: cột 3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13, 3 = 7 + 11.',
            'Form 06a does not balance: 3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13, 3 = 7 + 11.'
        ) as message_vi
    from mart.form_06a
    where
        publication_id = :publication_id
        and figures_from = 'dossiers'
        and (
            received_total is distinct from received_online + received_direct + carried_over
            or resolved_total is distinct from resolved_early + resolved_on_time + resolved_late
            or pending_total is distinct from pending_in_time + pending_overdue
            or received_total is distinct from resolved_total + pending_total
        )
),

finding as (
    select
        finding,
        unit_code,
        message_vi
    from mart_unbalanced
    union all
    select
        finding,
        unit_code,
        message_vi
    from mart_parts_unbalanced
    union all
    select
        finding,
        unit_code,
        message_vi
    from form_06a_unbalanced
)

select
    cast(:publication_id as bigint) as publication_id,
    finding,
    'block' as severity,
    unit_code,
    string_agg(message_vi, ' ' order by message_vi) as message_vi
from finding
group by finding, unit_code
