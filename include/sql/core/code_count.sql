-- How many codes a list separated by U+001F has; it has at least one.
create or replace function core.code_count(codes text)
returns bigint
language sql
immutable
parallel safe
as $$
select octet_length(codes) - octet_length(replace(codes, chr(31), '')) + 1
$$;
