-- One row: a unit whose dossiers a replay may end, make current again or write: those of the delivery's versions, closed ones too, since
-- another replay may have made them current again, of what it confirmed, and of its rows as judged now.
select owner_unit_code from core.dossier_version
where delivery_id = :delivery_id
union
select owner_unit_code from core.dossier_confirmation
where delivery_id = :delivery_id
union
select unnest(unit_codes) as owner_unit_code from core.month_confirmation
where delivery_id = :delivery_id
union
select unit_code as owner_unit_code from {{ typed }}
where reasons is null
