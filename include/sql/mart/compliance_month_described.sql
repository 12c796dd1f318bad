-- One row: a figure of mart.compliance_month (a month) of any publication, with names, rate, target and gap, before readers' filters.
-- Made from the mart, its publication and the unit and metric versions it was measured with; the bi views select from it.
-- A metric that the configuration no longer has keeps its figures, under its id.
create or replace view mart.compliance_month_described as
select
    fact.publication_id,
    publication_described.calendar,
    publication_described.kind,
    publication_described.state,
    publication_described.revision,
    publication_described.published_at,
    publication_described.is_latest,
    publication_described.is_in_flux,
    fact.period,
    fact.unit_code,
    unit.name_vi as unit_name_vi,
    unit.name_en as unit_name_en,
    unit.unit_group,
    unit.unit_type,
    unit.roster_order,
    fact.scope,
    fact.metric_id,
    fact.metric_version,
    fact.numerator,
    fact.denominator,
    fact.online_level_3_count,
    fact.online_level_4_count,
    fact.online_other_count,
    fact.direct_count,
    fact.post_count,
    fact.figures_from,
    fact.target_operator,
    fact.target_num,
    fact.target_den,
    fact.status,
    fact.reporting_status,
    fact.rank,
    fact.months_missed_in_a_row,
    coalesce(metric.name_vi, fact.metric_id) as metric_name_vi,
    coalesce(metric.name_en, fact.metric_id) as metric_name_en,
    coalesce(metric.is_official, false) as is_official_metric,
    round(100.0 * fact.numerator / nullif(fact.denominator, 0), 4) as rate_percent,
    round(100.0 * fact.target_num / fact.target_den, 4) as target_percent,
    round(100.0 * fact.numerator / nullif(fact.denominator, 0) - 100.0 * fact.target_num / fact.target_den, 4) as gap_pp
from mart.compliance_month as fact
inner join ops.publication_described
    on
        fact.publication_id = publication_described.publication_id
        and fact.period = publication_described.period
inner join core.unit
    on fact.unit_key = unit.unit_key
left join core.metric
    on
        fact.metric_id = metric.metric_id
        and fact.metric_version = metric.metric_version
