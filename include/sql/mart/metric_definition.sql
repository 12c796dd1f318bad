-- One row: the definition of a metric that a publication measures, in force on the last day of its period.
-- Filled by publication.build: figures are explained by the definition they were measured with, whatever the configuration says later.
insert into mart.metric_definition (
    publication_id, metric_id, metric_version, name_vi, name_en, event, denominator_scope, online_levels, is_official, definition_vi,
    legal_basis
)
select
    publication.publication_id,
    metric.metric_id,
    metric.metric_version,
    metric.name_vi,
    metric.name_en,
    metric.event,
    metric.denominator_scope,
    metric.online_levels,
    metric.is_official,
    metric.definition_vi,
    metric.legal_basis
from ops.publication
inner join core.period
    on
        publication.calendar = period.calendar
        and publication.period = period.period
inner join core.metric
    on
        period.ends_on > metric.valid_from
        and period.ends_on <= metric.valid_to
where publication.publication_id = :publication_id
