-- Marks the rows that were refused and are taken now, with what became of each: a new record, a new state of one, nothing new, or
-- older than what is known.
update quarantine.row as held
set
    state = 'replayed',
    outcome = case
        {% if chosen is defined %}
            when merged.outcome is null or merged.outcome = 'confirmed' then 'unchanged'
            when merged.outcome = 'new' then 'inserted'
            else merged.outcome
        {% else %}
            when true then 'inserted'
        {% endif %}
    end,
    replayed_at = clock_timestamp(),
    replayed_by = :replayed_by
from {{ typed }} as typed
{% if chosen is defined %}
    left join {{ chosen }} as merged
        on typed.row_number = merged.row_number
{% endif %}
where
    held.delivery_id = :delivery_id
    and held.row_number = typed.row_number
    and typed.reasons is null
    and held.state <> 'replayed'
