-- One row: a row of a mart that a publication keeps otherwise than it was computed again, or that only one of the two has.
-- Read by publication.rebuild. Compared are all columns but the number of the publication and the surrogate keys of dimensions, which a
-- row that was deleted and came back has anew; the key is the mart's primary key, by the catalogue.
with surrogate as (
    select array_agg(distinct cast(mart_column.attname as text)) || array['publication_id'] as column_names
    from pg_catalog.pg_attribute as mart_column
    inner join pg_catalog.pg_class as core_class
        on mart_column.attrelid = core_class.oid
    where
        core_class.relnamespace = cast('core' as regnamespace)
        and mart_column.attidentity <> ''
),

key_column as (
    select array_agg(cast(mart_column.attname as text) order by mart_column.attnum) as column_names
    from pg_catalog.pg_index as primary_index
    inner join pg_catalog.pg_attribute as mart_column
        on
            primary_index.indrelid = mart_column.attrelid
            and mart_column.attnum = any(primary_index.indkey)
    cross join surrogate
    where
        primary_index.indrelid = cast('{{ mart }}' as regclass)
        and primary_index.indisprimary
        and mart_column.attname <> all(surrogate.column_names)
),

fact as (
    select
        kept.publication_id,
        to_jsonb(kept) - surrogate.column_names as figures,
        (
            select jsonb_object_agg(key_name.column_name, to_jsonb(kept) -> key_name.column_name)
            from unnest(key_column.column_names) as key_name (column_name)
        ) as row_key
    from {{ mart }} as kept
    cross join surrogate
    cross join key_column
    where kept.publication_id in (:published_id, :rebuilt_id)
),

published as (
    select
        row_key,
        figures
    from fact
    where publication_id = :published_id
),

rebuilt as (
    select
        row_key,
        figures
    from fact
    where publication_id = :rebuilt_id
)

select
    published.figures as published,
    rebuilt.figures as rebuilt,
    coalesce(published.row_key, rebuilt.row_key) as row_key
from published
full join rebuilt
    on published.row_key = rebuilt.row_key
where published.figures is distinct from rebuilt.figures
order by cast(coalesce(published.row_key, rebuilt.row_key) as text)
