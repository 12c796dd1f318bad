-- Refuses all but the last acceptable row of each record: one row a key stays. Changes the typed table of one delivery.
-- Where the reader knew of most codes that none before was the same, only the others can be repeated, and what has their code.
with
{% if new is defined %}
    suspected as (
        select distinct {{ code }}
        from {{ typed }}
        where
            reasons is null
            and {{ new }} is not true
    ),

{% endif %}
repeated as (
    select {{ key|join(', ') }}
    from {{ typed }}
    where
        reasons is null
        {% if new is defined %}
            and {{ code }} in (select suspected.{{ code }} from suspected)
        {% endif %}
    group by {{ key|join(', ') }}
    having count(*) > 1
),

ranked as (
    select
        typed.row_number,
        typed.row_hash,
        last_value(typed.row_number) over whole as kept_row_number,
        last_value(typed.row_hash) over whole as kept_row_hash
    from {{ typed }} as typed
    inner join repeated
        on
            typed.reasons is null
            {% for column in key %}
                and typed.{{ column }} = repeated.{{ column }}
            {% endfor %}
    window whole as (
        partition by typed.{{ key|join(', typed.') }}
        order by typed.row_number rows between unbounded preceding and unbounded following
    )
),

surplus as (
    select
        row_number,
        kept_row_number,
        case when row_hash = kept_row_hash then 'duplicate_identical' else 'duplicate_superseded' end as rule
    from ranked
    where row_number <> kept_row_number
)

update {{ typed }} as typed
set
    reasons = jsonb_build_array(
        cast(:rules as jsonb) -> surplus.rule
        || jsonb_build_object(
            'rule', surplus.rule, 'field', cast(:code_field as text),
            'value', typed.{{ code }} || ' (' || surplus.kept_row_number || ')'
        )
    )
from surplus
where typed.row_number = surplus.row_number
