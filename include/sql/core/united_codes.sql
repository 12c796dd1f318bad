-- The codes that are in either list, each once, sorted.
create or replace function core.united_codes(one text[], other text[])
returns text[]
language sql
immutable
parallel safe
as $$
select array_agg(distinct listed.code order by listed.code)
from unnest(one || other) as listed (code)
$$;
