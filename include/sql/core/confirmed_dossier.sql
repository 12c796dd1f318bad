-- One row: a dossier that a delivery showed unchanged though it is a later one than that which brought its current version.
-- Made from the codes that core.dossier_confirmation keeps, and from the versions that core.month_confirmation tells: those are read for
-- each delivery by itself (`offset`), so that only its month is; '0' and not 0, which the planner takes for a cast whose value it does not
-- know, and would read with one processor.
create or replace view core.confirmed_dossier as
select
    confirmation.delivery_id,
    confirmation.owner_unit_code,
    confirmation.observed_at,
    listed.dossier_code
from core.dossier_confirmation as confirmation
cross join lateral string_to_table(confirmation.dossier_codes, chr(31)) as listed (dossier_code)
union all
select
    month.delivery_id,
    shown.owner_unit_code,
    month.observed_at,
    shown.dossier_code
from core.month_confirmation as month
cross join
    lateral (
        select
            held.owner_unit_code,
            held.dossier_code
        from core.dossier_version as held
        where
            core.is_shown_unchanged(
                month.confirmed_delivery_ids, month.unit_codes, month.received_from, month.received_to, month.confirmed_at,
                held.delivery_id, held.owner_unit_code, held.received_at, held.known_from, held.known_to
            )
        offset '0' -- noqa: AM09
    ) as shown
where
    not exists (
        select 1
        from core.unconfirmed_dossier as unconfirmed
        where
            unconfirmed.delivery_id = month.delivery_id
            and unconfirmed.owner_unit_code = shown.owner_unit_code
            and unconfirmed.dossier_code = shown.dossier_code
    )
