-- One row: a dossier that deliveries have brought, as a version that they wrote or as one that they confirmed; one that several of them
-- brought stands several times. Put in place by the planner, so that its callers read it with every processor.
create or replace function core.delivered_dossier(delivery_ids bigint[])
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
$$;
