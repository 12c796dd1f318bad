-- One row: the official metric in force on the last day of a publication's period, with the levels that it counts as online.
-- Made from core.metric; the marts take "offered online" from it while they are filled. What a publication was measured with, whatever the
-- configuration says later, is in mart.metric_definition.
create or replace view mart.publication_official_metric as
select
    publication.publication_id,
    metric.metric_id,
    metric.metric_version,
    metric.online_levels
from ops.publication
inner join core.period
    on
        publication.calendar = period.calendar
        and publication.period = period.period
inner join core.metric
    on
        period.ends_on > metric.valid_from
        and period.ends_on <= metric.valid_to
where metric.is_official
