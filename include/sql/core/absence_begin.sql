-- One row: a dossier that deliveries of a month brought and a full one, observed after them, does not have. Filled from absence_find.sql
-- or absence_find_late.sql, less absence_shown.sql.
with begun as (
    insert into core.dossier_absence (owner_unit_code, dossier_code, source_id, period, delivery_id, known_from)
    select distinct
        owner_unit_code,
        dossier_code,
        :source_id as source_id,
        :period as period,
        cast(:lacking_id as bigint) as delivery_id,
        statement_timestamp() as known_from
    from absent_dossier
    on conflict (source_id, period, owner_unit_code, dossier_code) where known_to = 'infinity' do nothing
    returning dossier_code
)

insert into marked_dossier (dossier_code)
select dossier_code
from begun
