-- Remembers, in one row a unit, the codes of the dossiers that this delivery shows unchanged though it is a later one, but for those that
-- it tells as a month (core/merge_confirm_month.sql), or has told so when it was merged before.
insert into core.dossier_confirmation as earlier (delivery_id, owner_unit_code, observed_at, dossier_codes)
select
    :delivery_id as delivery_id,
    unit_code,
    :observed_at as observed_at,
    string_agg(dossier_code, chr(31)) as dossier_codes
from merge_row
where
    outcome = 'confirmed'
    and not exists (
        select 1
        from
            core.confirming_month(
                array[cast(:delivery_id as bigint)], merge_row.current_delivery_id, merge_row.unit_code, merge_row.dossier_code,
                merge_row.current_received_at, merge_row.current_known_from, 'infinity'
            )
    )
group by unit_code
on conflict (owner_unit_code, observed_at, delivery_id) do update
    set dossier_codes = core.united_code_list(earlier.dossier_codes, excluded.dossier_codes)
    where
    core.code_count(earlier.dossier_codes)
    < core.code_count(core.united_code_list(earlier.dossier_codes, excluded.dossier_codes))
