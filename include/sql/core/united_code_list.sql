-- The codes that are in either of two lists separated by U+001F, each once, sorted. U+001F stands in no code: the reader refuses a record
-- that holds it.
create or replace function core.united_code_list(one text, other text)
returns text
language sql
immutable
parallel safe
as $$
select string_agg(distinct listed.code, chr(31) order by listed.code)
from string_to_table(concat_ws(chr(31), one, other), chr(31)) as listed (code)
$$;
