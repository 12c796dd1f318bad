-- One row: how many dossiers a unit received or resolved in the month that are alike in procedure, commune, channel and level at receipt.
-- Filled by publication.build from period_dossier, for the marts that count by procedure or commune. Dropped with the transaction.
create temporary table period_procedure on commit drop as
select
    unit_code,
    procedure_code,
    commune_code,
    channel,
    service_level,
    is_received,
    is_resolved,
    cast(count(*) as integer) as dossier_count
from period_dossier
where is_received or is_resolved
group by unit_code, procedure_code, commune_code, channel, service_level, is_received, is_resolved
