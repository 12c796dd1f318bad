-- Remembers, in one row a delivery, the records that it shows unchanged though it is a later one.
insert into core.version_confirmation as earlier (dataset, delivery_id, observed_at, record_keys)
select
    :dataset as dataset,
    :delivery_id as delivery_id,
    :observed_at as observed_at,
    array_agg(keyed.record_key order by keyed.record_key) as record_keys
from (
    select
        concat_ws(
            chr(31),
            {% for column in key %}
                {{ column }}{{ '' if loop.last else ',' }}
            {% endfor %}
        ) as record_key
    from merge_row
    where outcome = 'confirmed'
) as keyed
having count(*) > 0
on conflict (delivery_id) do update
    set record_keys = core.united_keys(earlier.record_keys, excluded.record_keys)
    where earlier.record_keys <> core.united_keys(earlier.record_keys, excluded.record_keys)
