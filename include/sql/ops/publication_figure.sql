-- One row: a figure of a publication in the month or the year to date, with its definition, as a person asks for it.
-- Read by publication.explain.
select
    publication.publication_id,
    publication.period,
    publication.kind,
    publication.revision,
    publication.state,
    publication.as_of,
    fact.unit_code,
    unit.name_vi as unit_name_vi,
    fact.metric_id,
    fact.metric_version,
    metric.name_vi as metric_name_vi,
    metric.definition_vi,
    metric.legal_basis,
    fact.numerator,
    fact.denominator,
    fact.status,
    fact.target_operator,
    fact.target_num,
    fact.target_den
from {{ mart }} as fact
inner join ops.publication
    on fact.publication_id = publication.publication_id
inner join mart.metric_definition as metric
    on
        fact.publication_id = metric.publication_id
        and fact.metric_id = metric.metric_id
inner join core.unit
    on fact.unit_key = unit.unit_key
where
    fact.publication_id = :publication_id
    and fact.unit_code = :unit_code
    and fact.metric_id = :metric_id
    and fact.scope = :scope
