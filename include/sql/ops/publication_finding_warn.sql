-- One row: something in a built publication that whoever approves it must know.
-- Filled by publication.check, from the publication's marts, what was counted outside of them, and the revision published before it.
insert into ops.publication_finding (publication_id, finding, severity, unit_code, message_vi)
with publication as (
    select
        publication.publication_id,
        publication.calendar,
        publication.period,
        publication.kind,
        publication.as_of,
        period.starts_on,
        period.ends_on,
        period.ends_at,
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

not_reported as (
    select
        'not_reported' as finding,
        'warn' as severity,
        reporting.unit_code,
        ops.told(
            :publication_id,
            case reporting.reporting_status
                when 'not_expected' then 'Không có nguồn nào phải gửi số liệu cho đơn vị trong kỳ.'
                else
                    'Chưa có số liệu (nguồn: ' || array_to_string(reporting.sources_missing, ', ') || '). '
                    || coalesce(reporting.detail_vi, 'Chưa rõ lý do: kiểm tra nguồn.')
            end,
            case reporting.reporting_status
                when 'not_expected' then 'No source is expected to report for the unit in the period.'
                else
                    case reporting.reporting_status
                        when 'rejected' then 'The figures were refused'
                        else 'No figures were received'
                    end
                    || ' (sources: ' || array_to_string(reporting.sources_missing, ', ') || '). '
                    || coalesce('Reason: ' || reporting.detail, 'No attempt to pull is recorded: look at the source.')
            end
        ) as message_vi
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
        ops.told(
            :publication_id,
            'Có ' || sum(counts.dossier_count) || ' hồ sơ của đơn vị không thuộc danh sách trong tháng ('
            || string_agg(distinct counts.period, ', ' order by counts.period) || '); không được tính.',
            sum(counts.dossier_count) || ' dossiers are of a unit that is not on the roster of the month ('
            || string_agg(distinct counts.period, ', ' order by counts.period) || '); they are not counted.'
        ) as message_vi
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

counted_not_expected as (
    select
        'counted_not_expected' as finding,
        'warn' as severity,
        counts.unit_code,
        ops.told(
            :publication_id,
            'Có ' || sum(counts.dossier_count) || ' hồ sơ của đơn vị trong tháng không có nguồn hồ sơ nào phải gửi ('
            || string_agg(distinct counts.period, ', ' order by counts.period)
            || '); không được tính: kiểm tra expected_from, expected_to.',
            sum(counts.dossier_count) || ' dossiers lie in a month for which no source of dossiers is expected ('
            || string_agg(distinct counts.period, ', ' order by counts.period)
            || '); they are not counted: look at expected_from and expected_to.'
        ) as message_vi
    from mart.dossier_count_month as counts
    inner join mart.reporting_status_month as reporting
        on
            counts.publication_id = reporting.publication_id
            and counts.period = reporting.period
            and counts.unit_code = reporting.unit_code
    where
        counts.publication_id = :publication_id
        and counts.figures_from is distinct from reporting.figures_from
    group by counts.unit_code
),

target_missing as (
    select
        'target_missing' as finding,
        'warn' as severity,
        fact.unit_code,
        ops.told(
            :publication_id,
            'Không có chỉ tiêu của chỉ số chính thức cho đơn vị trong kỳ; bổ sung targets.csv nếu phải có.',
            'The unit has no target of the official metric in the period; add one to targets.csv if it should.'
        ) as message_vi
    from mart.compliance_month as fact
    inner join metric
        on fact.metric_id = metric.metric_id
    where
        fact.publication_id = :publication_id
        and fact.scope = 'total'
        and metric.is_official
        and fact.target_num is null
),

as_of_earlier as (
    select
        'as_of_earlier' as finding,
        'warn' as severity,
        '' as unit_code,
        ops.told(
            :publication_id,
            'Số liệu được chốt trước lần công bố chính thức hiện hành: công bố lần này là quay lại số liệu cũ hơn.',
            'The figures are older than those of the revision in force: publishing them goes back to older data.'
        ) as message_vi
    from publication
    inner join ops.publication as earlier
        on publication.earlier_publication_id = earlier.publication_id
    where
        publication.kind = 'official'
        and publication.as_of < earlier.as_of
),

changed as (
    select
        'changed' as finding,
        'warn' as severity,
        difference.unit_code,
        ops.told(
            :publication_id,
            case
                when difference.denominator is null then 'Lần công bố trước có số liệu, lần này không: kiểm tra nguồn và cấu hình. '
                else ''
            end
            || 'Lũy kế chỉ số chính thức: '
            || coalesce(difference.earlier_numerator || '/' || difference.earlier_denominator, 'chưa có số liệu')
            || ' thành ' || coalesce(difference.numerator || '/' || difference.denominator, 'chưa có số liệu')
            || case
                when difference.status = 'met' and coalesce(difference.earlier_status, '') <> 'met' then '; nay đạt chỉ tiêu.'
                when coalesce(difference.status, '') <> 'met' and difference.earlier_status = 'met' then '; nay không còn đạt chỉ tiêu.'
                else '.'
            end,
            case
                when difference.denominator is null
                    then 'The revision before has figures and this one has none: look at the source and the configuration. '
                else ''
            end
            || 'Year to date, official metric: '
            || coalesce(difference.earlier_numerator || '/' || difference.earlier_denominator, 'no figures')
            || ' becomes ' || coalesce(difference.numerator || '/' || difference.denominator, 'no figures')
            || case
                when difference.status = 'met' and coalesce(difference.earlier_status, '') <> 'met' then '; it meets the target now.'
                when coalesce(difference.status, '') <> 'met' and difference.earlier_status = 'met' then '; it no longer meets the target.'
                else '.'
            end
        ) as message_vi
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
    from counted_not_expected
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
    from as_of_earlier
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
