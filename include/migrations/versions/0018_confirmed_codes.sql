-- The codes that a delivery showed unchanged as one text a unit, separated by U+001F: PostgreSQL gathers a text with every processor twice
-- as fast as an array, which it hands over element by element. core.confirmed_dossier lists them.
alter table core.dossier_confirmation
alter column dossier_codes type text using array_to_string(dossier_codes, chr(31));
