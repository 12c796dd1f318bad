-- One row: a dossier that earlier deliveries of a month brought and this full one does not have, refused rows included. Filled after
-- the merge, unless a later full delivery of the month has been accepted already.
insert into core.dossier_absence (owner_unit_code, dossier_code, source_id, period, delivery_id, known_from)
with known as (
    select
        owner_unit_code,
        dossier_code
    from core.dossier_version
    where delivery_id = any(:delivery_ids)
    union
    select
        confirmation.owner_unit_code,
        confirmed.dossier_code
    from core.dossier_confirmation as confirmation
    cross join lateral unnest(confirmation.dossier_codes) as confirmed (dossier_code)
    where confirmation.delivery_id = any(:delivery_ids)
)

select
    known.owner_unit_code,
    known.dossier_code,
    :source_id as source_id,
    :period as period,
    :delivery_id as delivery_id,
    clock_timestamp() as known_from
from known
where
    not exists (
        select 1
        from {{ typed }} as typed
        where
            typed.unit_code = known.owner_unit_code
            and typed.dossier_code = known.dossier_code
    )
    and not exists (
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
