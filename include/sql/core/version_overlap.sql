-- One row: how many records earlier deliveries brought, and how many of them stand in a typed table, refused or not.
with known as (
    select
        concat_ws(
            chr(31),
            {% for column in version_key %}
                {{ column }}{{ '' if loop.last else ',' }}
            {% endfor %}
        ) as record_key
    from {{ versions }}
    where delivery_id = any(:delivery_ids)
    union
    select confirmed.record_key
    from core.version_confirmation as confirmation
    cross join lateral unnest(confirmation.record_keys) as confirmed (record_key)
    where confirmation.delivery_id = any(:delivery_ids)
),

held as (
    select distinct
        concat_ws(
            chr(31),
            {% for column in key %}
                {{ column }}{{ '' if loop.last else ',' }}
            {% endfor %}
        ) as record_key
    from {{ typed }}
)

select
    count(*) as known_count,
    count(held.record_key) as shared_count
from known
left join held
    on known.record_key = held.record_key
