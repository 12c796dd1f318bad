-- One row: a version of a metric that published figures were measured by.
-- Read by synchronise: its definition may not change; its validity may, which restates periods by another version when they are built anew.
with figure as (
    select distinct
        publication_id,
        metric_id,
        metric_version
    from mart.compliance_month
)

select
    metric.metric_id,
    metric.metric_version,
    metric.event,
    metric.denominator_scope,
    metric.online_levels,
    metric.is_official,
    metric.definition_vi
from figure
inner join ops.publication
    on
        figure.publication_id = publication.publication_id
        and publication.state = 'published'
inner join core.metric
    on
        figure.metric_id = metric.metric_id
        and figure.metric_version = metric.metric_version
group by metric.metric_id, metric.metric_version
