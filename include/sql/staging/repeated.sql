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
{% else %}
    suspected as (
        select {{ key|join(', ') }}
        from {{ typed }}
        where reasons is null
        group by {{ key|join(', ') }}
        having count(*) > 1
    ),
{% endif %}

ranked as (
    select
        typed.ctid as place,
        typed.row_number,
        typed.row_hash,
        last_value(typed.row_number) over whole as kept_row_number,
        last_value(typed.row_hash) over whole as kept_row_hash
    from {{ typed }} as typed
    inner join suspected
        on
            typed.reasons is null
            {% for column in ([code] if new is defined else key) %}
                and typed.{{ column }} = suspected.{{ column }}
            {% endfor %}
    window whole as (
        partition by typed.{{ key|join(', typed.') }}
        order by typed.row_number rows between unbounded preceding and unbounded following
    )
),

surplus as (
    select
        place,
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
where typed.ctid = surplus.place
