-- Makes current again what stood before a version that was withdrawn: the latest state of the record by an earlier delivery.
insert into {{ versions }} (
    {% for column in inserted %}
        {{ column }},
    {% endfor %}
    row_hash, delivery_id, observed_at, known_from
)
select distinct on (
    {% for column in version_key %}
        earlier.{{ column }}{{ '' if loop.last else ',' }}
    {% endfor %}
)
    {% for column in inserted %}
        earlier.{{ column }},
    {% endfor %}
    earlier.row_hash,
    earlier.delivery_id,
    earlier.observed_at,
    :known_from as known_from
from {{ versions }} as withdrawn
inner join {{ versions }} as earlier
    on
        (earlier.observed_at, earlier.delivery_id) < (withdrawn.observed_at, withdrawn.delivery_id)
        {% for column in version_key %}
            and withdrawn.{{ column }} = earlier.{{ column }}
        {% endfor %}
where
    withdrawn.delivery_id = :delivery_id
    and withdrawn.known_to = :known_from
order by
    {% for column in version_key %}
        earlier.{{ column }} asc,
    {% endfor %}
    earlier.observed_at desc,
    earlier.delivery_id desc,
    earlier.known_from desc
