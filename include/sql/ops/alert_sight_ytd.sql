-- One row: what a publication's year to date says of a rule and a unit.
-- Filled by notice.evaluate, from the exact statuses of the mart. No data is neither below target nor above it: such a row holds unknown.
insert into pg_temp.alert_sight (alert_key, rule, unit_code, severity, holds, message_vi, facts)
with rule as (
    select
        declared.id,
        declared.kind,
        declared.severity,
        declared.metric_id,
        declared.scope,
        declared.unit_groups
    from
        jsonb_to_recordset(cast(:rules as jsonb))
            as declared (id text, kind text, severity text, metric_id text, scope text, unit_groups text[])
    where declared.kind in ('below_target_ytd', 'zero_online')
),

fact as (
    select
        publication_id,
        period,
        unit_code,
        unit_group,
        scope,
        metric_id,
        metric_version,
        is_official_metric,
        status,
        numerator,
        denominator,
        rate_percent,
        target_operator,
        target_percent,
        gap_pp,
        online_needed_per_month,
        left(period, 4) as year,
        ltrim(right(period, 2), '0') || '/' || left(period, 4) as month_of_year,
        to_char(numerator, 'FM999,999,999,990') || '/' || to_char(denominator, 'FM999,999,999,990') as dossier_counts,
        rtrim(to_char(target_percent, 'FM990.99'), '.') as target_shown
    from mart.compliance_ytd_described
    where publication_id = :publication_id
)

select
    rule.id || ':' || fact.unit_code || ':' || fact.scope || ':' || fact.year as alert_key,
    rule.id as rule,
    fact.unit_code,
    rule.severity,
    case
        when fact.status = 'no_data' then null
        when rule.kind = 'below_target_ytd' then fact.status = 'not_met'
        else fact.status = 'zero_online'
    end as holds,
    case :language
        when 'vi'
            then
                'Lũy kế đến hết tháng ' || fact.month_of_year || ': '
                || coalesce(replace(fact.dossier_counts, ',', '.') || ' hồ sơ xử lý trực tuyến', 'chưa có số liệu')
                || coalesce(
                    '; chỉ tiêu ' || case fact.target_operator when '>=' then 'ít nhất ' else 'trên ' end
                    || replace(fact.target_shown, '.', ',') || ' %',
                    ''
                ) || '.'
        else
            'Year to date to ' || fact.period || ': '
            || coalesce(fact.dossier_counts || ' handled online', 'no figures')
            || coalesce(
                '; target ' || case fact.target_operator when '>=' then 'at least ' else 'over ' end || fact.target_shown || '%',
                ''
            ) || '.'
    end as message_vi,
    jsonb_build_object(
        'publication_id', fact.publication_id,
        'period', fact.period,
        'scope', fact.scope,
        'metric_id', fact.metric_id,
        'metric_version', fact.metric_version,
        'status', fact.status,
        'numerator', fact.numerator,
        'denominator', fact.denominator,
        'rate_percent', fact.rate_percent,
        'target_operator', fact.target_operator,
        'target_percent', fact.target_percent,
        'gap_pp', fact.gap_pp,
        'online_needed_per_month', fact.online_needed_per_month
    ) as facts
from fact
inner join rule
    on
        fact.scope = rule.scope
        and fact.unit_group = any(rule.unit_groups)
        and (
            fact.metric_id = rule.metric_id
            or (rule.metric_id is null and fact.is_official_metric)
        )
