-- One row: something in a built publication that a person must know (warn) or that must not be published (block).
-- Filled by publication.check, from the publication's marts, the roster, the counts and the revision published before it.
insert into ops.publication_finding (publication_id, finding, severity, unit_code, message_vi)
with publication as (
    select
        publication.publication_id,
        publication.calendar,
        publication.period,
        period.starts_on,
        period.ends_on,
        (
            select earlier.publication_id
            from ops.publication as earlier
            where
                earlier.calendar = publication.calendar
                and earlier.period = publication.period
                and earlier.kind = 'official'
                and earlier.state = 'published'
                and earlier.publication_id <> publication.publication_id
            order by earlier.revision desc
            limit 1
        ) as earlier_publication_id
    from ops.publication
    inner join core.period
        on
            publication.calendar = period.calendar
            and publication.period = period.period
    where publication.publication_id = :publication_id
),

roster as (
    select distinct unit.unit_code
    from core.unit
    inner join publication
        on
            unit.valid_from < publication.ends_on
            and unit.valid_to > publication.starts_on
),

metric as (
    select
        metric.metric_id,
        metric.is_official
    from core.metric
    inner join publication
        on
            metric.valid_from < publication.ends_on
            and metric.valid_to >= publication.ends_on
),

fact as (
    select
        'month' as mart,
        month.unit_code,
        month.scope,
        month.metric_id,
        month.numerator,
        month.denominator,
        month.online_level_3_count + month.online_level_4_count + month.online_other_count
        + month.direct_count + month.post_count as part_count,
        least(
            month.numerator, month.online_level_3_count, month.online_level_4_count, month.online_other_count,
            month.direct_count, month.post_count
        ) as least_count,
        month.target_num
    from mart.compliance_month as month
    where month.publication_id = :publication_id
    union all
    select
        'ytd' as mart,
        ytd.unit_code,
        ytd.scope,
        ytd.metric_id,
        ytd.numerator,
        ytd.denominator,
        ytd.online_level_3_count + ytd.online_level_4_count + ytd.online_other_count
        + ytd.direct_count + ytd.post_count as part_count,
        least(
            ytd.numerator, ytd.online_level_3_count, ytd.online_level_4_count, ytd.online_other_count,
            ytd.direct_count, ytd.post_count
        ) as least_count,
        ytd.target_num
    from mart.compliance_ytd as ytd
    where ytd.publication_id = :publication_id
),

no_metric as (
    select
        'no_metric' as finding,
        'block' as severity,
        '' as unit_code,
        'Không có chỉ số nào có hiệu lực trong kỳ; bổ sung metrics.yaml rồi lập lại.' as message_vi
    from publication
    where not exists (select 1 from metric)
),

roster_incomplete as (
    select
        'roster_incomplete' as finding,
        'block' as severity,
        roster.unit_code,
        'Đơn vị có trong danh sách nhưng thiếu dòng số liệu ('
        || string_agg(mart.mart || ' ' || metric.metric_id, ', ' order by mart.mart, metric.metric_id)
        || '); lập lại lần công bố này.' as message_vi
    from roster
    cross join metric
    cross join (values ('month'), ('ytd')) as mart (mart)
    left join fact
        on
            mart.mart = fact.mart
            and roster.unit_code = fact.unit_code
            and metric.metric_id = fact.metric_id
            and fact.scope = 'total'
    where fact.unit_code is null
    group by roster.unit_code
),

scopes_unbalanced as (
    select
        'scopes_unbalanced' as finding,
        'block' as severity,
        unit_code,
        'Tổng khác với tại đơn vị cộng cấp xã (' || mart || ' ' || metric_id || ').' as message_vi
    from fact
    group by mart, unit_code, metric_id
    having
        count(*) = 3
        and (
            sum(denominator) filter (where scope = 'total') is distinct from sum(denominator) filter (where scope <> 'total')
            or sum(numerator) filter (where scope = 'total') is distinct from sum(numerator) filter (where scope <> 'total')
        )
),

parts_unbalanced as (
    select
        'parts_unbalanced' as finding,
        'block' as severity,
        unit_code,
        'Số theo mức và kênh không cộng thành tổng, hoặc có số âm, hoặc tử số lớn hơn mẫu số ('
        || mart || ' ' || metric_id || ' ' || scope || ').' as message_vi
    from fact
    where
        part_count <> denominator
        or least_count < 0
        or numerator > denominator
        or (numerator is null) <> (denominator is null)
),

month_sum as (
    select
        unit_code,
        scope,
        metric_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from mart.metric_count_month
    where
        publication_id = :publication_id
        and is_in_year
    group by unit_code, scope, metric_id
),

ytd_unbalanced as (
    select
        'ytd_unbalanced' as finding,
        'block' as severity,
        ytd.unit_code,
        'Lũy kế khác tổng các tháng có số liệu (' || ytd.metric_id || ' ' || ytd.scope || ').' as message_vi
    from mart.compliance_ytd as ytd
    left join month_sum
        on
            ytd.unit_code = month_sum.unit_code
            and ytd.scope = month_sum.scope
            and ytd.metric_id = month_sum.metric_id
    where
        ytd.publication_id = :publication_id
        and (ytd.numerator, ytd.denominator) is distinct from (month_sum.numerator, month_sum.denominator)
),

nobody_reported as (
    select
        'nobody_reported' as finding,
        'block' as severity,
        '' as unit_code,
        'Không đơn vị nào có số liệu trong kỳ; không công bố một bảng trống.' as message_vi
    from publication
    where not exists (
        select 1
        from fact
        where
            fact.mart = 'month'
            and fact.denominator is not null
    )
),

not_reported as (
    select
        'not_reported' as finding,
        'warn' as severity,
        reporting.unit_code,
        case reporting.reporting_status
            when 'not_expected' then 'Không có nguồn nào phải gửi số liệu cho đơn vị trong kỳ.'
            when 'rejected' then 'Số liệu bị từ chối'
            else 'Chưa nhận được số liệu'
        end
        || case
            when reporting.reporting_status = 'not_expected' then ''
            else
                ' (nguồn: ' || array_to_string(reporting.sources_missing, ', ') || '). '
                || coalesce('Lý do: ' || reporting.detail, 'Chưa ghi nhận lần lấy số liệu nào: kiểm tra nguồn.')
        end as message_vi
    from mart.reporting_status_month as reporting
    inner join publication
        on
            reporting.publication_id = publication.publication_id
            and reporting.period = publication.period
    where reporting.reporting_status in ('missing', 'rejected', 'not_expected')
),

counted_off_roster as (
    select
        'counted_off_roster' as finding,
        'warn' as severity,
        counts.unit_code,
        'Có ' || sum(counts.dossier_count) || ' hồ sơ của đơn vị không thuộc danh sách trong tháng ('
        || string_agg(distinct counts.period, ', ' order by counts.period) || '); không được tính.' as message_vi
    from mart.dossier_count_month as counts
    left join mart.reporting_status_month as reporting
        on
            counts.publication_id = reporting.publication_id
            and counts.period = reporting.period
            and counts.unit_code = reporting.unit_code
    where
        counts.publication_id = :publication_id
        and reporting.unit_code is null
    group by counts.unit_code
),

target_missing as (
    select
        'target_missing' as finding,
        'warn' as severity,
        fact.unit_code,
        'Không có chỉ tiêu của chỉ số chính thức cho đơn vị trong kỳ; bổ sung targets.csv nếu phải có.' as message_vi
    from fact
    inner join metric
        on fact.metric_id = metric.metric_id
    where
        fact.mart = 'month'
        and fact.scope = 'total'
        and metric.is_official
        and fact.target_num is null
),

official_ytd as (
    select
        ytd.publication_id,
        ytd.unit_code,
        ytd.metric_id,
        ytd.numerator,
        ytd.denominator,
        ytd.status
    from mart.compliance_ytd as ytd
    inner join metric
        on ytd.metric_id = metric.metric_id
    where
        ytd.scope = 'total'
        and metric.is_official
),

later_ytd as (
    select
        unit_code,
        metric_id,
        numerator,
        denominator,
        status
    from official_ytd
    where publication_id = :publication_id
),

earlier_ytd as (
    select
        official_ytd.unit_code,
        official_ytd.metric_id,
        official_ytd.numerator,
        official_ytd.denominator,
        official_ytd.status
    from official_ytd
    inner join publication
        on official_ytd.publication_id = publication.earlier_publication_id
),

difference as (
    select
        coalesce(later.unit_code, earlier.unit_code) as unit_code,
        later.numerator,
        later.denominator,
        later.status,
        earlier.numerator as earlier_numerator,
        earlier.denominator as earlier_denominator,
        earlier.status as earlier_status
    from later_ytd as later
    full join earlier_ytd as earlier
        on
            later.unit_code = earlier.unit_code
            and later.metric_id = earlier.metric_id
),

changed as (
    select
        'changed' as finding,
        'warn' as severity,
        difference.unit_code,
        case
            when difference.denominator is null then 'Lần công bố trước có số liệu, lần này không: kiểm tra nguồn và cấu hình. '
            else ''
        end
        || 'Lũy kế chỉ số chính thức: '
        || coalesce(difference.earlier_numerator || '/' || difference.earlier_denominator, 'chưa có số liệu')
        || ' thành ' || coalesce(difference.numerator || '/' || difference.denominator, 'chưa có số liệu')
        || case
            when difference.status = 'met' and difference.earlier_status <> 'met' then '; nay đạt chỉ tiêu.'
            when difference.status <> 'met' and difference.earlier_status = 'met' then '; nay không còn đạt chỉ tiêu.'
            else '.'
        end as message_vi
    from difference
    cross join publication
    where
        publication.earlier_publication_id is not null
        and (difference.numerator, difference.denominator, difference.status)
        is distinct from (difference.earlier_numerator, difference.earlier_denominator, difference.earlier_status)
),

finding as (
    select
        finding,
        severity,
        unit_code,
        message_vi
    from no_metric
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from roster_incomplete
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from scopes_unbalanced
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from parts_unbalanced
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from ytd_unbalanced
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from nobody_reported
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from not_reported
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from counted_off_roster
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from target_missing
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from changed
)

select
    cast(:publication_id as bigint) as publication_id,
    finding,
    severity,
    unit_code,
    string_agg(message_vi, ' ' order by message_vi) as message_vi
from finding
group by finding, severity, unit_code
