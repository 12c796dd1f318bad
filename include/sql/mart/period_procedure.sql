-- One row: how many dossiers a unit received or resolved in the month that are alike in procedure, commune, channel and level at receipt.
-- Filled by publication.build from period_dossier, for the marts that count by procedure or commune, and for dossier_count_month. Dropped
-- with the transaction. is_resolved_before: one that was received in the month and, by its finish date, resolved before it began.
-- Grouped by a word and no conditions: each would double the rows that the planner expects, until one processor grouped all dossiers.
create temporary table period_procedure on commit drop as
with counted as (
    select
        unit_code,
        procedure_code,
        commune_code,
        channel,
        service_level,
        case
            when not is_received then 'resolved'
            when is_resolved is not true then 'received'
            when is_ended_before then 'received_resolved_before'
            else 'received_resolved'
        end as movement,
        cast(count(*) as integer) as dossier_count
    from period_dossier
    where is_received or is_resolved
    group by unit_code, procedure_code, commune_code, channel, service_level, movement
)

select
    unit_code,
    procedure_code,
    commune_code,
    channel,
    service_level,
    dossier_count,
    movement <> 'resolved' as is_received,
    movement <> 'received' as is_resolved,
    movement = 'received_resolved_before' as is_resolved_before
from counted
