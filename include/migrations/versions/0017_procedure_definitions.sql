-- The procedures as a publication found them: a catalogue that is corrected later changes no name and no level of published figures.
create table mart.procedure_definition (
    publication_id bigint not null references ops.publication on delete cascade,
    procedure_code text not null,
    name_vi text not null,
    field_vi text,
    service_level smallint not null,
    primary key (publication_id, procedure_code)
);

-- Of earlier publications by the state of the dimensions that they were measured with; where none was recorded, by today's.
insert into mart.procedure_definition
select
    publication.publication_id, catalogue.procedure_code, catalogue.name_vi, catalogue.field_vi, catalogue.service_level
from ops.publication
inner join core.period
    on publication.calendar = period.calendar and publication.period = period.period
inner join ops.dimension_state
    on publication.dimension_hash = dimension_state.dimension_hash
cross join jsonb_array_elements(dimension_state.content) as dimension (content)
cross join jsonb_populate_recordset(null::core.procedure, dimension.content -> 'rows') as catalogue
where
    dimension.content ->> 'table' = 'core.procedure'
    and publication.state not in ('replaced', 'unchanged')
    and period.ends_on > catalogue.valid_from
    and period.ends_on <= catalogue.valid_to
union all
select
    publication.publication_id, catalogue.procedure_code, catalogue.name_vi, catalogue.field_vi, catalogue.service_level
from ops.publication
inner join core.period
    on publication.calendar = period.calendar and publication.period = period.period
inner join core.procedure as catalogue
    on period.ends_on > catalogue.valid_from and period.ends_on <= catalogue.valid_to
where
    publication.dimension_hash is null
    and publication.state not in ('replaced', 'unchanged')
on conflict do nothing; -- a catalogue of before overlaps were refused
