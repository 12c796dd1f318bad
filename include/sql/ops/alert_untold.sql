-- One row: a change of an alert that the routes have not been told, with its unit as named in the period, in the roster's order.
-- Read by notice.queue. An alert that nobody was told of ends unsaid, and so does one that lapsed.
select
    alert.alert_id,
    alert.rule,
    alert.unit_code,
    unit.name_vi as unit_name_vi,
    unit.name_en as unit_name_en,
    unit.unit_group,
    alert.period,
    alert.changed_at,
    alert.silenced_until,
    cast(alert.facts ->> 'numerator' as bigint) as numerator,
    cast(alert.facts ->> 'denominator' as bigint) as denominator,
    cast(alert.facts ->> 'rate_percent' as numeric) as rate_percent,
    cast(alert.facts ->> 'target_percent' as numeric) as target_percent,
    cast(alert.facts ->> 'gap_pp' as numeric) as gap_pp,
    cast(alert.facts ->> 'online_needed_per_month' as numeric) as online_needed_per_month,
    case alert.state when 'resolved' then 'resolved' else 'opened' end as told_change,
    alert.facts ->> 'period' as seen_period,
    alert.facts ->> 'status' as status,
    alert.facts ->> 'scope' as scope,
    alert.facts ->> 'metric_id' as metric_id,
    alert.facts ->> 'target_operator' as target_operator,
    array(select jsonb_array_elements_text(alert.facts -> 'sources_missing')) as sources_missing,
    alert.facts ->> 'detail' as detail,
    alert.facts ->> 'detail_vi' as detail_vi
from ops.alert
inner join core.period
    on
        period.calendar = 'calendar'
        and alert.period = period.period
inner join core.unit
    on
        alert.unit_code = unit.unit_code
        and unit.valid_from = (
            select max(named.valid_from)
            from core.unit as named
            where
                named.unit_code = alert.unit_code
                and named.valid_from < period.ends_on
        )
where
    (alert.state in ('open', 'acknowledged') and alert.told_change is null)
    or (alert.state = 'resolved' and alert.resolution = 'ceased' and alert.told_change = 'opened')
order by unit.roster_order, alert.unit_code, alert.period, alert.alert_id
