-- Ends the current versions that changed rows replace.
update {{ versions }} as held
set known_to = :known_from
from merge_row
where
    merge_row.outcome = 'changed'
    and held.known_to = 'infinity'
    {% for column in key %}
        and held.{{ version_key[loop.index0] }} = merge_row.{{ column }}
    {% endfor %}
