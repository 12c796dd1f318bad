-- One row: an accepted row of a delivery and what becomes of it, beside the current version of its record.
create temporary table merge_row on commit drop as
select
    {% for column in key %}
        staged.{{ column }},
    {% endfor %}
    staged.row_number,
    core.merge_outcome(
        held.row_hash, held.observed_at, held.delivery_id, staged.row_hash, :observed_at, :delivery_id
    ) as outcome
from {{ typed }} as staged
left join {{ versions }} as held
    on
        held.known_to = 'infinity'
        {% for column in key %}
            and staged.{{ column }} = held.{{ version_key[loop.index0] }}
        {% endfor %}
where staged.reasons is null
