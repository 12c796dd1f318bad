-- One row: a unit on the roster of a publication's period, with its names and whether readers see the publication: for the views of bi.
-- Made from ops.publication_described and mart.reporting_status_month.
create or replace view mart.publication_unit as
select
    publication_described.publication_id,
    publication_described.calendar,
    publication_described.kind,
    publication_described.state,
    publication_described.revision,
    publication_described.published_at,
    publication_described.is_latest,
    publication_described.is_in_flux,
    reporting.period,
    reporting.unit_code,
    unit.name_vi as unit_name_vi,
    unit.name_en as unit_name_en,
    unit.unit_group,
    unit.unit_type,
    unit.roster_order,
    reporting.reporting_status
from mart.reporting_status_month as reporting
inner join ops.publication_described
    on
        reporting.publication_id = publication_described.publication_id
        and reporting.period = publication_described.period
inner join core.unit
    on reporting.unit_key = unit.unit_key
