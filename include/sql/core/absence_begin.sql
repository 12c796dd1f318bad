-- One row: a dossier that earlier deliveries of a month brought and this full one does not have. Filled from absence_find.sql, unless a
-- later full delivery of the month has been accepted already.
insert into core.dossier_absence (owner_unit_code, dossier_code, source_id, period, delivery_id, known_from)
select distinct
    owner_unit_code,
    dossier_code,
    :source_id as source_id,
    :period as period,
    cast(:delivery_id as bigint) as delivery_id,
    statement_timestamp() as known_from
from absent_dossier
where
    not exists (
        select 1
        from ops.delivery as later
        where
            later.source_id = :source_id
            and later.period = :period
            and later.state = 'accepted'
            and later.is_full
            and (later.observed_at, later.delivery_id) > (:observed_at, :delivery_id)
    )
on conflict (source_id, period, owner_unit_code, dossier_code) where known_to = 'infinity' do nothing
