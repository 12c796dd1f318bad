-- Refuses all but the last acceptable row of each dossier: one row per dossier stays. Changes the typed table of one delivery.
with repeated as (
    select
        unit_code,
        dossier_code
    from {{ typed }}
    where reasons is null
    group by unit_code, dossier_code
    having count(*) > 1
),

ranked as (
    select
        typed.row_number,
        typed.row_hash,
        last_value(typed.row_number) over whole as kept_row_number,
        last_value(typed.row_hash) over whole as kept_row_hash
    from {{ typed }} as typed
    inner join repeated on typed.unit_code = repeated.unit_code and typed.dossier_code = repeated.dossier_code
    where typed.reasons is null
    window whole as (
        partition by typed.unit_code, typed.dossier_code
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
            'rule', surplus.rule, 'field', 'dossier_code',
            'value', typed.dossier_code || ' (' || surplus.kept_row_number || ')'
        )
    )
from surplus
where typed.row_number = surplus.row_number
