-- One row: a procedure of the catalogue in force on the last day of a publication's period.
-- Filled by publication.build: published procedures keep the name, field and level that they had then, whatever a catalogue says later.
insert into mart.procedure_definition (publication_id, procedure_code, name_vi, field_vi, service_level)
select
    publication.publication_id,
    catalogue.procedure_code,
    catalogue.name_vi,
    catalogue.field_vi,
    catalogue.service_level
from ops.publication
inner join core.period
    on
        publication.calendar = period.calendar
        and publication.period = period.period
inner join core.procedure as catalogue
    on
        period.ends_on > catalogue.valid_from
        and period.ends_on <= catalogue.valid_to
where publication.publication_id = :publication_id
