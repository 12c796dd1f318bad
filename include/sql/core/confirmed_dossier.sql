-- One row: a dossier that a delivery showed unchanged though it is a later one than that which brought its current version.
-- Made from core.dossier_confirmation, which keeps the codes of a unit as one text.
create or replace view core.confirmed_dossier as
select
    confirmation.delivery_id,
    confirmation.owner_unit_code,
    confirmation.observed_at,
    listed.dossier_code
from core.dossier_confirmation as confirmation
cross join lateral string_to_table(confirmation.dossier_codes, chr(31)) as listed (dossier_code)
