-- One row: a row of a mart that a publication keeps otherwise than it was computed again, or that only one of the two has.
-- Read by publication.rebuild. Compared are all columns but the number of the publication and the surrogate keys of dimensions, which a
-- row that was deleted and came back has anew; the key is the mart's primary key, by the catalogue.
with surrogate as (
    select array_agg(distinct attribute.attname::text) || array['publication_id'] as column_names
    from pg_catalog.pg_attribute as attribute
    inner join pg_catalog.pg_class as class
        on attribute.attrelid = class.oid
    where
        class.relnamespace = cast('core' as regnamespace)
        and attribute.attidentity <> ''
),

key_column as (
    select array_agg(attribute.attname::text order by attribute.attnum) as column_names
    from pg_catalog.pg_index as index
    inner join pg_catalog.pg_attribute as attribute
        on
            index.indrelid = attribute.attrelid
            and attribute.attnum = any(index.indkey)
    cross join surrogate
    where
        index.indrelid = cast('{{ mart }}' as regclass)
        and index.indisprimary
        and attribute.attname <> all(surrogate.column_names)
),

fact as (
    select
        kept.publication_id,
        to_jsonb(kept) - surrogate.column_names as figures,
        (
            select jsonb_object_agg(name.name, to_jsonb(kept) -> name.name)
            from unnest(key_column.column_names) as name (name)
        ) as key
    from {{ mart }} as kept
    cross join surrogate
    cross join key_column
    where kept.publication_id in (:published_id, :rebuilt_id)
),

published as (
    select
        key,
        figures
    from fact
    where publication_id = :published_id
),

rebuilt as (
    select
        key,
        figures
    from fact
    where publication_id = :rebuilt_id
)

select
    coalesce(published.key, rebuilt.key) as key,
    published.figures as published,
    rebuilt.figures as rebuilt
from published
full join rebuilt
    on published.key = rebuilt.key
where published.figures is distinct from rebuilt.figures
order by coalesce(published.key, rebuilt.key)::text
