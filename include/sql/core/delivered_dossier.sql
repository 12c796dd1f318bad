-- One row: a dossier that deliveries have brought, as a version that they wrote or as one that they confirmed; one that several of them
-- brought stands several times. What the one full delivery among them confirmed as a month is told by its row of core.month_confirmation,
-- column by column (none: '{}', null): put in place by the planner, so that its callers read that month alone, with every processor.
create or replace function core.delivered_dossier(
    delivery_ids bigint[],
    confirmed_delivery_ids bigint[], unit_codes text[], received_from timestamptz, received_to timestamptz, confirmed_at timestamptz
)
returns table (owner_unit_code text, dossier_code text)
language sql
stable
parallel safe
as $$
select
    version.owner_unit_code,
    version.dossier_code
from core.dossier_version as version
where version.delivery_id = any(delivery_ids)
union all
select
    confirmation.owner_unit_code,
    listed.dossier_code
from core.dossier_confirmation as confirmation
cross join lateral string_to_table(confirmation.dossier_codes, chr(31)) as listed (dossier_code)
where confirmation.delivery_id = any(delivery_ids)
union all
select
    version.owner_unit_code,
    version.dossier_code
from core.dossier_version as version
where
    core.is_shown_unchanged(
        confirmed_delivery_ids, unit_codes, received_from, received_to, confirmed_at,
        version.delivery_id, version.owner_unit_code, version.received_at, version.known_from, version.known_to
    )
    and not exists (
        select 1
        from core.unconfirmed_dossier as unconfirmed
        where
            unconfirmed.delivery_id = any(delivery_ids)
            and unconfirmed.owner_unit_code = version.owner_unit_code
            and unconfirmed.dossier_code = version.dossier_code
    )
$$;
