-- One row: how many dossiers a unit received or resolved in the month that are alike in procedure, commune, channel and level at receipt.
-- Filled by publication.build from the two views of period_dossier, for the marts that count by procedure or commune, and for
-- dossier_count_month. Dropped with the transaction. is_resolved_before: one that was received in the month and, by its finish date,
-- resolved before it began. Received and carried-over dossiers are counted apart, because only the former are read by every processor; a
-- movement tells them apart. Grouped by a word and no conditions: each would double the rows that the planner expects, until one processor
-- grouped all dossiers.
create temporary table period_procedure on commit drop as
with counted as (
    {% for concerned in ["period_received", "period_carried"] %}
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
        from {{ concerned }}
        where is_received or is_resolved
        group by unit_code, procedure_code, commune_code, channel, service_level, movement
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
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
