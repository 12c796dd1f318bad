-- One row: how many rows of the dimensions were written to make them those of a recorded state.
-- Run by warehouse.synchronise and publication.rebuild; the tables of dimensions do not refer to each other.
select
    sum(core.take_over(
        cast(dimension.content ->> 'table' as regclass),
        array(select jsonb_array_elements_text(dimension.content -> 'key')),
        array(select jsonb_array_elements_text(dimension.content -> 'columns')),
        dimension.content -> 'rows'
    )) as written
from ops.dimension_state
cross join jsonb_array_elements(dimension_state.content) as dimension (content)
where dimension_state.dimension_hash = :dimension_hash
