-- One row: a table of the schema mart that holds figures of publications.
-- Read by publication.rebuild from the catalogue, so that a new mart is compared without being named.
select mart_class.relname
from pg_catalog.pg_class as mart_class
inner join pg_catalog.pg_attribute as mart_column
    on
        mart_class.oid = mart_column.attrelid
        and mart_column.attname = 'publication_id'
where
    mart_class.relnamespace = cast('mart' as regnamespace)
    and mart_class.relkind in ('r', 'p')
    and not mart_class.relispartition
order by mart_class.relname
