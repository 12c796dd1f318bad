-- One row: a version of a unit that figures refer to, and whether figures of it are published.
-- Read by synchronise: such a row may not leave, nor change its group or type while what is published says otherwise.
with figure as (
    select
        publication_id,
        unit_key
    from mart.reporting_status_month
    union
    select
        publication_id,
        unit_key
    from mart.compliance_month
)

select
    unit.unit_code,
    unit.valid_from,
    unit.unit_group,
    unit.unit_type,
    bool_or(publication.state = 'published') as is_published
from figure
inner join ops.publication
    on figure.publication_id = publication.publication_id
inner join core.unit
    on figure.unit_key = unit.unit_key
group by unit.unit_key
