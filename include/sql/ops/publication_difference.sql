-- One row: a unit, scope and metric whose figures differ between two publications: in month, year to date, or quarter and year that end.
-- Read by publication.difference; a unit that only one of them has differs too. Every published figure is compared, those that the row does
-- not show as well: changed_columns names what differs. crossed says who passed or fell below the target.
with fact as (
    select
        publication_id,
        'month' as span,
        unit_code,
        scope,
        metric_id,
        to_jsonb(fact_month) - array['publication_id', 'period', 'unit_key', 'unit_code', 'scope', 'metric_id'] as figures
    from mart.compliance_month as fact_month
    where publication_id in (:old_id, :new_id)
    union all
    select
        publication_id,
        'ytd' as span,
        unit_code,
        scope,
        metric_id,
        to_jsonb(fact_ytd) - array['publication_id', 'period', 'unit_key', 'unit_code', 'scope', 'metric_id'] as figures
    from mart.compliance_ytd as fact_ytd
    where publication_id in (:old_id, :new_id)
    union all
    select
        publication_id,
        period_kind as span,
        unit_code,
        scope,
        metric_id,
        to_jsonb(fact_rollup)
        - array['publication_id', 'period', 'period_kind', 'unit_key', 'unit_code', 'scope', 'metric_id'] as figures
    from mart.compliance_rollup as fact_rollup
    where publication_id in (:old_id, :new_id)
),

old_fact as (
    select
        span,
        unit_code,
        scope,
        metric_id,
        figures
    from fact
    where publication_id = :old_id
),

new_fact as (
    select
        span,
        unit_code,
        scope,
        metric_id,
        figures
    from fact
    where publication_id = :new_id
),

changed as (
    select
        coalesce(new_fact.span, old_fact.span) as span,
        coalesce(new_fact.unit_code, old_fact.unit_code) as unit_code,
        coalesce(new_fact.scope, old_fact.scope) as scope,
        coalesce(new_fact.metric_id, old_fact.metric_id) as metric_id,
        coalesce(old_fact.figures, '{}') as old_figures,
        coalesce(new_fact.figures, '{}') as new_figures
    from old_fact
    full join new_fact
        on
            old_fact.span = new_fact.span
            and old_fact.unit_code = new_fact.unit_code
            and old_fact.scope = new_fact.scope
            and old_fact.metric_id = new_fact.metric_id
    where old_fact.figures is distinct from new_fact.figures
)

select
    span,
    unit_code,
    scope,
    metric_id,
    cast(old_figures ->> 'metric_version' as integer) as old_metric_version,
    cast(new_figures ->> 'metric_version' as integer) as new_metric_version,
    cast(old_figures ->> 'numerator' as bigint) as old_numerator,
    cast(new_figures ->> 'numerator' as bigint) as new_numerator,
    cast(old_figures ->> 'denominator' as bigint) as old_denominator,
    cast(new_figures ->> 'denominator' as bigint) as new_denominator,
    old_figures ->> 'status' as old_status,
    new_figures ->> 'status' as new_status,
    array(
        select figure.name
        from jsonb_object_keys(changed.old_figures || changed.new_figures) as figure (name)
        where coalesce(changed.old_figures ->> figure.name, '') <> coalesce(changed.new_figures ->> figure.name, '')
        order by figure.name
    ) as changed_columns,
    case
        when new_figures ->> 'status' = 'met' and coalesce(old_figures ->> 'status', '') <> 'met' then 'now_met'
        when old_figures ->> 'status' = 'met' and coalesce(new_figures ->> 'status', '') <> 'met' then 'no_longer_met'
    end as crossed
from changed
order by span desc, unit_code asc, scope desc, metric_id asc
