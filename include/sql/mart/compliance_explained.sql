-- One row: a dossier that touches a unit's month (received or finished in it), and how a metric of a publication counts it there; or, of a
-- month that is measured from the agency's own form 06a (figures_from), a part of the form's totals that stands for dossier_count dossiers.
-- Made from the dossiers and forms as known at the publication's as_of, by the rules of dossier_count_month and metric_counts; the
-- months are those of the publication's year up to its period. Dossiers of a unit that had ended stand at its successor. dossier_count
-- summed over the rows in the numerator and denominator is the figure; reason says why, or why not.
-- Ask for a publication and a unit: without them every dossier is looked at once a publication and metric.
create or replace view mart.compliance_explained as
with explained_month as not materialized (
    select
        publication.publication_id,
        publication.calendar,
        publication.period,
        publication.as_of,
        month.period as month,
        month.starts_on,
        month.starts_at,
        month.ends_at,
        period.ends_at as period_ends_at
    from ops.publication
    inner join core.period
        on
            publication.calendar = period.calendar
            and publication.period = period.period
    inner join core.period as month
        on
            period.calendar = month.calendar
            and period.year = month.year
            and period.starts_at >= month.starts_at
),

judged as (
    select
        fact.publication_id,
        explained_month.calendar,
        explained_month.period,
        explained_month.month,
        fact.unit_code,
        fact.metric_id,
        fact.metric_version,
        dossier.dossier_code,
        dossier.channel,
        dossier.service_level,
        dossier.status_group,
        dossier.received_at,
        dossier.finished_at,
        dossier.source_id,
        dossier.delivery_id,
        case when dossier.commune_code is null then 'own' else 'communes' end as desk,
        case
            when reporting.unit_code is null and succession.unit_code is not null then 'counted_at_successor'
            when reporting.unit_code is null then 'not_on_roster'
            when reporting.reporting_status not in ('reported', 'reported_zero', 'late') then 'month_without_data'
            when reporting.figures_from = 'reported_total' then 'totals_stated'
            when elsewhere.owner_unit_code is not null then 'counted_elsewhere'
            when dossier.channel = 'internal' then 'internal'
            when dossier.status_group = 'not_accepted' then 'not_accepted'
            when metric.event = 'received' and not dossier.is_received_in_month then 'received_in_another_month'
            when metric.event = 'resolved' and dossier.status_group = 'withdrawn' then 'withdrawn'
            when metric.event = 'resolved' and dossier.status_group <> 'resolved' then 'not_resolved'
            when metric.event = 'resolved' and dossier.finished_at is null then 'without_finish_date'
            when metric.event = 'resolved' and dossier.received_at >= explained_month.period_ends_at then 'received_after_the_period'
            when
                metric.event = 'resolved'
                and (
                    greatest(dossier.finished_at, dossier.received_at) < explained_month.starts_at
                    or greatest(dossier.finished_at, dossier.received_at) >= explained_month.ends_at
                )
                then 'resolved_in_another_month'
            when
                metric.denominator_scope = 'eligible' and coalesce(dossier.service_level, 0) <> all(metric.online_levels)
                then 'not_eligible'
            when dossier.channel <> 'online' then dossier.channel
            when coalesce(dossier.service_level, 0) = any(metric.online_levels) then 'online'
            else 'online_below_level'
        end as reason
    from mart.compliance_ytd as fact
    inner join explained_month
        on fact.publication_id = explained_month.publication_id
    inner join mart.metric_definition as metric
        on
            fact.publication_id = metric.publication_id
            and fact.metric_id = metric.metric_id
    left join mart.reporting_status_month as reporting
        on
            fact.publication_id = reporting.publication_id
            and explained_month.month = reporting.period
            and fact.unit_code = reporting.unit_code
    left join core.succeeding_unit as succession
        on
            fact.unit_code = succession.unit_code
            and explained_month.starts_on >= succession.starts_on
            and explained_month.starts_on < succession.ends_on
    cross join
        lateral (
            select fact.unit_code as owner_unit_code
            union all
            select predecessor.unit_code as owner_unit_code
            from core.succeeding_unit as predecessor
            where
                predecessor.succeeding_unit_code = fact.unit_code
                and explained_month.starts_on >= predecessor.starts_on
                and explained_month.starts_on < predecessor.ends_on
        ) as holder
    cross join
        lateral (
            select
                known.dossier_code,
                known.channel,
                known.service_level,
                known.status_group,
                known.received_at,
                known.finished_at,
                known.source_id,
                known.delivery_id,
                known.commune_code,
                true as is_received_in_month
            from core.dossier_version as known
            where
                known.owner_unit_code = holder.owner_unit_code
                and known.known_from <= explained_month.as_of
                and known.known_to > explained_month.as_of
                and known.received_at >= explained_month.starts_at
                and known.received_at < explained_month.ends_at
            union all
            select
                known.dossier_code,
                known.channel,
                known.service_level,
                known.status_group,
                known.received_at,
                known.finished_at,
                known.source_id,
                known.delivery_id,
                known.commune_code,
                false as is_received_in_month
            from core.dossier_version as known
            where
                known.owner_unit_code = holder.owner_unit_code
                and known.known_from <= explained_month.as_of
                and known.known_to > explained_month.as_of
                and known.finished_at >= explained_month.starts_at
                and known.finished_at < explained_month.ends_at
                and (known.received_at < explained_month.starts_at or known.received_at >= explained_month.ends_at)
        ) as dossier
    left join core.dossier_elsewhere as elsewhere
        on
            holder.owner_unit_code = elsewhere.owner_unit_code
            and dossier.dossier_code = elsewhere.dossier_code
            and explained_month.as_of >= elsewhere.known_from
            and explained_month.as_of < elsewhere.known_to
    where fact.scope = 'total'
),

-- A form tells neither desks nor the levels of what was not filed online: what a metric needs beyond is not known.
stated as (
    select
        fact.publication_id,
        explained_month.calendar,
        explained_month.period,
        explained_month.month,
        fact.unit_code,
        fact.metric_id,
        fact.metric_version,
        counts.channel,
        form.source_id,
        form.delivery_id,
        nullif(counts.service_level, 0) as service_level,
        coalesce(counts.dossier_count, 0) as dossier_count,
        case
            when counts.unit_code is null then 'stated_unusable'
            when counts.channel <> 'online' then 'stated_rest'
            when counts.service_level = any(metric.online_levels) then 'stated_online'
            else 'stated_online_below_level'
        end as reason
    from mart.compliance_ytd as fact
    inner join explained_month
        on fact.publication_id = explained_month.publication_id
    inner join mart.metric_definition as metric
        on
            fact.publication_id = metric.publication_id
            and fact.metric_id = metric.metric_id
    inner join mart.reporting_status_month as reporting
        on
            fact.publication_id = reporting.publication_id
            and explained_month.month = reporting.period
            and fact.unit_code = reporting.unit_code
            and reporting.figures_from = 'reported_total'
            and reporting.reporting_status in ('reported', 'reported_zero', 'late')
    left join mart.dossier_count_month as counts
        on
            fact.publication_id = counts.publication_id
            and explained_month.month = counts.period
            and fact.unit_code = counts.unit_code
            and metric.event = counts.event
            and metric.denominator_scope = 'all'
            and counts.figures_from = 'reported_total'
    left join lateral (
        select
            known.source_id,
            known.delivery_id
        from core.reported_total_version as known
        where
            explained_month.calendar = 'calendar'
            and known.owner_unit_code = fact.unit_code
            and known.period = explained_month.month
            and known.known_from <= explained_month.as_of
            and known.known_to > explained_month.as_of
    ) as form on true
    where fact.scope = 'total'
),

explained as (
    select
        publication_id,
        calendar,
        period,
        month,
        unit_code,
        metric_id,
        metric_version,
        desk,
        dossier_code,
        channel,
        service_level,
        status_group,
        received_at,
        finished_at,
        source_id,
        delivery_id,
        reason,
        'dossiers' as figures_from,
        cast(1 as bigint) as dossier_count
    from judged
    union all
    select
        publication_id,
        calendar,
        period,
        month,
        unit_code,
        metric_id,
        metric_version,
        null as desk,
        null as dossier_code,
        channel,
        service_level,
        null as status_group,
        null as received_at,
        null as finished_at,
        source_id,
        delivery_id,
        reason,
        'reported_total' as figures_from,
        dossier_count
    from stated
)

select
    publication_id,
    calendar,
    period,
    month,
    unit_code,
    metric_id,
    metric_version,
    desk,
    dossier_code,
    channel,
    service_level,
    status_group,
    received_at,
    finished_at,
    source_id,
    delivery_id,
    reason,
    figures_from,
    dossier_count,
    reason in ('online', 'stated_online') as is_in_numerator,
    reason in (
        'online', 'online_below_level', 'direct', 'post', 'stated_online', 'stated_online_below_level', 'stated_rest'
    ) as is_in_denominator,
    case reason
        when 'online' then 'Trực tuyến ở mức độ được tính: thuộc tử số và mẫu số.'
        when 'online_below_level' then 'Trực tuyến dưới mức độ được tính hoặc không rõ mức: chỉ thuộc mẫu số.'
        when 'direct' then 'Nộp trực tiếp: chỉ thuộc mẫu số.'
        when 'post' then 'Nộp qua bưu chính công ích: chỉ thuộc mẫu số.'
        when 'internal' then 'Hồ sơ do cơ quan tự lập: không tính.'
        when 'not_eligible' then 'Thủ tục không thuộc mức độ được tính: không thuộc chỉ số này.'
        when 'not_accepted' then 'Chưa tiếp nhận hoặc bị từ chối tiếp nhận: không tính.'
        when 'withdrawn' then 'Đã rút hồ sơ: không tính.'
        when 'not_resolved' then 'Chưa giải quyết xong tại thời điểm chốt số liệu: không tính.'
        when 'without_finish_date' then 'Không có ngày kết thúc xử lý: không tính.'
        when 'received_in_another_month' then 'Tiếp nhận trong tháng khác: tính vào tháng tiếp nhận.'
        when 'resolved_in_another_month' then 'Giải quyết xong trong tháng khác: tính vào tháng giải quyết.'
        when 'received_after_the_period' then 'Ngày tiếp nhận sau kỳ công bố: không tính.'
        when 'month_without_data' then 'Tháng này đơn vị chưa có số liệu được chấp nhận đầy đủ: không tính.'
        when 'not_on_roster' then 'Đơn vị không thuộc danh sách theo dõi của tháng này: không tính.'
        when 'counted_at_successor' then 'Đơn vị đã sáp nhập hoặc đổi tên: tính tại đơn vị kế thừa.'
        when 'counted_elsewhere' then 'Đơn vị khác cũng báo cáo hồ sơ này và được tính: mỗi hồ sơ chỉ tính một lần.'
        when 'totals_stated' then 'Tháng này số liệu của đơn vị lấy từ biểu 06a do đơn vị tự báo cáo: hồ sơ không được tính.'
        when 'stated_online' then 'Theo biểu 06a: trực tuyến ở mức độ được tính, thuộc tử số và mẫu số.'
        when 'stated_online_below_level' then 'Theo biểu 06a: trực tuyến dưới mức độ được tính, chỉ thuộc mẫu số.'
        when 'stated_rest' then 'Theo biểu 06a: phần còn lại của tổng số (trực tiếp, bưu chính, không rõ kênh), chỉ thuộc mẫu số.'
        when 'stated_unusable' then 'Biểu 06a không có số cần cho chỉ số này: chưa có số liệu.'
    end as reason_vi
from explained
