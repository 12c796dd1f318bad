-- Remembers, in one row a unit, the dossiers that this delivery shows unchanged though it is a later one. They lie in its months: the
-- moment of receipt is part of the hash that says whether a row is unchanged.
insert into core.dossier_confirmation as earlier (delivery_id, owner_unit_code, observed_at, dossier_codes)
select
    :delivery_id as delivery_id,
    unit_code,
    :observed_at as observed_at,
    confirmed_codes
from merge_row
where outcome = 'confirmed'
on conflict (owner_unit_code, observed_at, delivery_id) do update
    set dossier_codes = core.united_code_list(earlier.dossier_codes, excluded.dossier_codes)
    where
    core.code_count(earlier.dossier_codes)
    < core.code_count(core.united_code_list(earlier.dossier_codes, excluded.dossier_codes))
