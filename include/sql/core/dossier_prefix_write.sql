-- One row: a unit that has used an agency part of dossier codes. Filled from the accepted dossiers of a delivery.
insert into core.dossier_prefix (agency_part, owner_unit_code)
values (:agency_part, :owner_unit_code)
on conflict do nothing
