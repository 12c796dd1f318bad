-- The digest of a publication's rows of one mart: equal figures have an equal digest, from whatever revision they were built.
-- What tells publications apart, and surrogate keys, are left out. Rows are written in the order of the mart's columns and sorted by bytes,
-- whatever the database's collation; null and the empty text are written differently.
create or replace function mart.digest(mart regclass, publication_id bigint)
returns text
language plpgsql
stable
as $$
declare
    written text;
    digest text;
begin
    select string_agg(format('fact.%I', attname), ', ' order by attnum) into strict written
    from pg_catalog.pg_attribute
    where
        attrelid = mart
        and attnum > 0
        and not attisdropped
        and attname not in ('publication_id', 'period', 'unit_key');
    execute format(
        'select encode(sha256(convert_to(coalesce(string_agg(line, E''\n'' order by line collate "C"), ''''), ''UTF8'')), ''hex'') '
        'from (select row(%s)::text as line from %s as fact where fact.publication_id = $1) as written',
        written, mart
    ) into strict digest using publication_id;
    return digest;
end;
$$;
