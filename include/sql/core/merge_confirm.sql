-- Remembers, in one row a unit, the dossiers that this delivery shows unchanged though it is a later one: those compared in
-- its months, and those found in others.
insert into core.dossier_confirmation as earlier (delivery_id, owner_unit_code, observed_at, dossier_codes)
select
    :delivery_id as delivery_id,
    unit_code,
    :observed_at as observed_at,
    case
        when count(dossier_code) = 0 then max(confirmed_codes)
        else core.united_code_list(max(confirmed_codes), string_agg(dossier_code, chr(31)))
    end as dossier_codes
from merge_row
where outcome = 'confirmed'
group by unit_code
on conflict (owner_unit_code, observed_at, delivery_id) do update
    set dossier_codes = core.united_code_list(earlier.dossier_codes, excluded.dossier_codes)
    where
    core.code_count(earlier.dossier_codes)
    < core.code_count(core.united_code_list(earlier.dossier_codes, excluded.dossier_codes))
