-- The keys of records that are in either list, each once, sorted. Lists of dossiers, long ones, are texts: core.united_code_list.
create or replace function core.united_keys(one text[], other text[])
returns text[]
language sql
immutable
parallel safe
as $$
select array_agg(distinct listed.record_key order by listed.record_key)
from unnest(one || other) as listed (record_key)
$$;
