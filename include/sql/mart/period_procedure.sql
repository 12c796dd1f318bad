-- One row: how many dossiers a unit received or resolved in the month that are alike in procedure, commune, channel and level at receipt.
-- Filled by publication.build from the two views of period_dossier, for the marts that count by procedure or commune, and for
-- dossier_count_month. Dropped with the transaction. Dossiers of a unit that has ended are those of its successor (month_succession),
-- beside its own. Received and carried-over dossiers are counted apart, because only the former are read by every processor; a movement
-- tells them apart. Grouped by a word and no conditions: each would double the rows that the planner expects, until one processor grouped
-- all dossiers.
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
    counted.procedure_code,
    counted.commune_code,
    counted.channel,
    counted.service_level,
    counted.dossier_count,
    coalesce(succession.succeeding_unit_code, counted.unit_code) as unit_code,
    counted.movement <> 'resolved' as is_received,
    counted.movement <> 'received' as is_resolved
from counted
left join month_succession as succession
    on
        counted.unit_code = succession.unit_code
        and succession.period = :period
