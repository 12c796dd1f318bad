-- Forgets what a delivery did not bring when it was judged before, and brings now.
delete from core.withdrawn_record as withdrawn
using {{ typed }} as typed
where
    withdrawn.delivery_id = :delivery_id
    and typed.reasons is null
    and withdrawn.record_key = concat_ws(
        chr(31),
        {% for column in key %}
            typed.{{ column }}{{ '' if loop.last else ',' }}
        {% endfor %}
    )
