-- One row: a table of the schema mart that holds figures of publications.
-- Read by publication.rebuild from the catalogue, so that a new mart is compared without being named.
select class.relname
from pg_catalog.pg_class as class
inner join pg_catalog.pg_attribute as attribute
    on
        class.oid = attribute.attrelid
        and attribute.attname = 'publication_id'
where
    class.relnamespace = cast('mart' as regnamespace)
    and class.relkind in ('r', 'p')
    and not class.relispartition
order by class.relname
