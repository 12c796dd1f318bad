-- Takes away from the dossiers that a full delivery does not have those that it or a later one has shown. Of whatever source: what is known
-- from a later one says nothing of who had the dossier too.
with missed as materialized (
    select
        held.owner_unit_code,
        held.dossier_code,
        held.received_at,
        held.delivery_id,
        held.known_from,
        held.known_to
    from absent_dossier as absent
    inner join core.dossier_version as held
        on
            absent.owner_unit_code = held.owner_unit_code
            and absent.dossier_code = held.dossier_code
    where held.known_to = 'infinity'
),

bringing as (
    select array_agg(distinct delivery_id) as delivery_ids
    from missed
),

later as (
    select array_agg(month.delivery_id) as delivery_ids
    from bringing
    inner join core.month_confirmation as month
        on bringing.delivery_ids && month.confirmed_delivery_ids
    where (month.observed_at, month.delivery_id) >= (:lacking_at, :lacking_id)
)

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
        missed.owner_unit_code,
        missed.dossier_code
    from later
    cross join missed
    cross join
        lateral core.confirming_month(
            later.delivery_ids, missed.delivery_id, missed.owner_unit_code, missed.dossier_code, missed.received_at,
            missed.known_from, missed.known_to
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
