-- One row: how far a unit had reported a month of a figure, as the publication knew.
-- Read by publication.explain.
select
    reporting.period as month,
    reporting.reporting_status,
    reporting.figures_from,
    reporting.sources_missing,
    reporting.detail_vi
from mart.reporting_status_month as reporting
inner join ops.publication
    on reporting.publication_id = publication.publication_id
where
    reporting.publication_id = :publication_id
    and reporting.unit_code = :unit_code
    and reporting.period >= :first_month
    and reporting.period <= publication.period
order by reporting.period
