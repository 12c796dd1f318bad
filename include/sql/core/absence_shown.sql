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
        and (
            (held.observed_at, held.delivery_id) >= (:lacking_at, :lacking_id)
            or exists (
                select 1
                from
                    core.confirming_month(
                        held.delivery_id, held.owner_unit_code, held.dossier_code, held.received_at, held.known_from, held.known_to
                    ) as shown
                where (shown.observed_at, shown.delivery_id) >= (:lacking_at, :lacking_id)
            )
        )
    union all
    select
        confirmation.owner_unit_code,
        listed.dossier_code
    from core.dossier_confirmation as confirmation
    cross join lateral string_to_table(confirmation.dossier_codes, chr(31)) as listed (dossier_code)
    where (confirmation.observed_at, confirmation.delivery_id) >= (:lacking_at, :lacking_id)
) as shown
where
    absent.owner_unit_code = shown.owner_unit_code
    and absent.dossier_code = shown.dossier_code
