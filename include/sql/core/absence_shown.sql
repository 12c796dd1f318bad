-- Takes away from the dossiers that a full delivery does not have those that it or a later one has shown. Of whatever source: what is known
-- from a later one says nothing of who had the dossier too.
delete from absent_dossier as absent
using (
    select
        held.owner_unit_code,
        held.dossier_code
    from core.dossier_version as held
    where
        held.known_to = 'infinity'
        and (held.observed_at, held.delivery_id) >= (:lacking_at, :lacking_id)
    union all
    select
        confirmed.owner_unit_code,
        confirmed.dossier_code
    from core.confirmed_dossier as confirmed
    where (confirmed.observed_at, confirmed.delivery_id) >= (:lacking_at, :lacking_id)
) as shown
where
    absent.owner_unit_code = shown.owner_unit_code
    and absent.dossier_code = shown.dossier_code
