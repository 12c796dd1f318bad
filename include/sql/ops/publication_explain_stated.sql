-- One row: an agency's own form 06a that a figure's month was measured from, as known at the publication's as_of.
-- Read by publication.explain; :first_month is the period itself, or the first month of its year. Forms are by calendar months.
select
    stated.period as month,
    stated.source_id,
    stated.delivery_id,
    stated.received_total,
    stated.received_online,
    stated.received_online_level_3,
    stated.received_online_level_4,
    stated.received_direct,
    stated.carried_over,
    stated.resolved_total,
    stated.resolved_online_level_3,
    stated.resolved_online_level_4
from ops.publication
inner join mart.reporting_status_month as reporting
    on publication.publication_id = reporting.publication_id
cross join lateral core.reported_total_as_of(publication.as_of) as stated
where
    publication.publication_id = :publication_id
    and publication.calendar = 'calendar'
    and reporting.unit_code = :unit_code
    and reporting.period >= :first_month
    and reporting.period <= publication.period
    and reporting.figures_from = 'reported_total'
    and reporting.reporting_status in ('reported', 'reported_zero', 'late')
    and reporting.period = stated.period
    and reporting.unit_code = stated.owner_unit_code
order by stated.period
