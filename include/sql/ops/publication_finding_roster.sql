-- One row: a unit of the roster, or all of them, without figures that a built publication must hold; or a period without any.
-- Filled by publication.check, from core.unit, core.metric and every mart that has a row a unit.
insert into ops.publication_finding (publication_id, finding, severity, unit_code, message_vi)
with publication as (
    select
        publication.calendar,
        publication.period,
        publication.kind,
        publication.as_of,
        period.starts_on,
        period.ends_on,
        period.ends_at
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
    select metric.metric_id
    from core.metric
    inner join publication
        on
            metric.valid_from < publication.ends_on
            and metric.valid_to >= publication.ends_on
),

fact as (
    select
        'month' as mart,
        unit_code,
        metric_id,
        denominator
    from mart.compliance_month
    where
        publication_id = :publication_id
        and scope = 'total'
    union all
    select
        'ytd' as mart,
        unit_code,
        metric_id,
        denominator
    from mart.compliance_ytd
    where
        publication_id = :publication_id
        and scope = 'total'
    union all
    select
        period_kind as mart,
        unit_code,
        metric_id,
        denominator
    from mart.compliance_rollup
    where
        publication_id = :publication_id
        and scope = 'total'
),

-- what the publication must hold: its quarter and year too where it is their last month
expected_mart as (
    select expected.mart
    from (values ('month'), ('ytd')) as expected (mart)
    union all
    select rolled.period_kind as mart
    from core.period_rollup as rolled
    inner join publication
        on
            rolled.calendar = publication.calendar
            and rolled.last_period = publication.period
),

period_not_over as (
    select
        'period_not_over' as finding,
        '' as unit_code,
        ops.told(
            :publication_id,
            'Số liệu được chốt khi kỳ chưa kết thúc; chỉ công bố tạm tính, hoặc lập lại sau khi hết kỳ.',
            'The figures are from before the end of the period: publish them as provisional, or build again after it.'
        ) as message_vi
    from publication
    where
        kind = 'official'
        and as_of < ends_at
),

no_metric as (
    select
        'no_metric' as finding,
        '' as unit_code,
        ops.told(
            :publication_id,
            'Không có chỉ số nào có hiệu lực trong kỳ; bổ sung metrics.yaml rồi lập lại.',
            'No metric is in force in the period; add one to metrics.yaml and build again.'
        ) as message_vi
    from publication
    where not exists (select 1 from metric)
),

roster_incomplete as (
    select
        'roster_incomplete' as finding,
        roster.unit_code,
        ops.told(
            :publication_id,
            'Đơn vị có trong danh sách nhưng thiếu dòng số liệu ('
            || string_agg(mart.mart || ' ' || metric.metric_id, ', ' order by mart.mart, metric.metric_id)
            || '); lập lại lần công bố này.',
            'The unit is on the roster and has no figures ('
            || string_agg(mart.mart || ' ' || metric.metric_id, ', ' order by mart.mart, metric.metric_id)
            || '); build this publication again.'
        ) as message_vi
    from roster
    cross join metric
    cross join expected_mart as mart
    left join fact
        on
            mart.mart = fact.mart
            and roster.unit_code = fact.unit_code
            and metric.metric_id = fact.metric_id
    where fact.unit_code is null
    group by roster.unit_code
),

nobody_reported as (
    select
        'nobody_reported' as finding,
        '' as unit_code,
        ops.told(
            :publication_id,
            'Không đơn vị nào có số liệu trong kỳ; không công bố một bảng trống.',
            'No unit has figures in the period; an empty table is not published.'
        ) as message_vi
    from publication
    where not exists (
        select 1
        from fact
        where
            fact.mart = 'month'
            and fact.denominator is not null
    )
),

mart_row as (
    select
        'procedure_month' as mart,
        unit_code
    from mart.procedure_month
    where publication_id = :publication_id
    union
    select
        'commune_month' as mart,
        unit_code
    from mart.commune_month
    where publication_id = :publication_id
    union
    select
        'timeliness_month' as mart,
        unit_code
    from mart.timeliness_month
    where publication_id = :publication_id
    union
    select
        'form_06a' as mart,
        unit_code
    from mart.form_06a
    where publication_id = :publication_id
    union
    select
        'missed_online_month' as mart,
        unit_code
    from mart.missed_online_month
    where publication_id = :publication_id
    union
    select
        'payment_month' as mart,
        unit_code
    from mart.payment_month
    where publication_id = :publication_id
    union
    select
        'reconciliation_month' as mart,
        unit_code
    from mart.reconciliation_month
    where publication_id = :publication_id
    union
    select
        'suspect_filing_month' as mart,
        unit_code
    from mart.suspect_filing_month
    where publication_id = :publication_id
    union
    select
        'directive_month' as mart,
        unit_code
    from mart.directive_month
    where publication_id = :publication_id
    union
    select
        'quality_month' as mart,
        unit_code
    from mart.quality_month
    where publication_id = :publication_id
),

mart_incomplete as (
    select
        'mart_incomplete' as finding,
        roster.unit_code,
        ops.told(
            :publication_id,
            'Đơn vị có trong danh sách nhưng thiếu dòng trong bảng ' || string_agg(expected_mart.mart, ', ' order by expected_mart.mart)
            || '; lập lại lần công bố này.',
            'The unit is on the roster and has no row in ' || string_agg(expected_mart.mart, ', ' order by expected_mart.mart)
            || '; measure this publication again.'
        ) as message_vi
    from roster
    cross join (
        values
        ('procedure_month'),
        ('commune_month'),
        ('timeliness_month'),
        ('form_06a'),
        ('missed_online_month'),
        ('payment_month'),
        ('reconciliation_month'),
        ('suspect_filing_month'),
        ('directive_month'),
        ('quality_month')
    ) as expected_mart (mart)
    left join mart_row
        on
            roster.unit_code = mart_row.unit_code
            and expected_mart.mart = mart_row.mart
    where mart_row.unit_code is null
    group by roster.unit_code
),

finding as (
    select
        finding,
        unit_code,
        message_vi
    from period_not_over
    union all
    select
        finding,
        unit_code,
        message_vi
    from no_metric
    union all
    select
        finding,
        unit_code,
        message_vi
    from roster_incomplete
    union all
    select
        finding,
        unit_code,
        message_vi
    from nobody_reported
    union all
    select
        finding,
        unit_code,
        message_vi
    from mart_incomplete
)

select
    cast(:publication_id as bigint) as publication_id,
    finding,
    'block' as severity,
    unit_code,
    string_agg(message_vi, ' ' order by message_vi) as message_vi
from finding
group by finding, unit_code
