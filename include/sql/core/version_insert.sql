-- Writes the new and changed rows of a delivery as current versions.
insert into {{ versions }} (
    {% for column in inserted %}
        {{ column }},
    {% endfor %}
    row_hash, delivery_id, observed_at, known_from
)
select
    {% for column in taken %}
        staged.{{ column }},
    {% endfor %}
    staged.row_hash,
    :delivery_id as delivery_id,
    :observed_at as observed_at,
    :known_from as known_from
from {{ typed }} as staged
inner join merge_row
    on
        staged.row_number = merge_row.row_number
        and merge_row.outcome in ('new', 'changed')
