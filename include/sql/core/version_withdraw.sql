-- Ends the current versions that a delivery once brought and, judged again, does not bring any more (core.withdrawn_record).
update {{ versions }} as held
set known_to = :known_from
from core.withdrawn_record as withdrawn
where
    held.known_to = 'infinity'
    and held.delivery_id = :delivery_id
    and withdrawn.delivery_id = :delivery_id
    and withdrawn.record_key = concat_ws(
        chr(31),
        {% for column in version_key %}
            held.{{ column }}{{ '' if loop.last else ',' }}
        {% endfor %}
    )
