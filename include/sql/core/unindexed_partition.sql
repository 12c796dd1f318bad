-- One row: a month of core.dossier_version that has no indexes so far, and where it begins and ends.
select
    pg_class.relname as name, -- noqa: RF04
    cast((regexp_match(pg_get_expr(pg_class.relpartbound, pg_class.oid), 'FROM \(''(.*?)''\)'))[1] as timestamptz) as starts_at,
    cast((regexp_match(pg_get_expr(pg_class.relpartbound, pg_class.oid), 'TO \(''(.*?)''\)'))[1] as timestamptz) as ends_at
from pg_inherits
inner join pg_class on pg_inherits.inhrelid = pg_class.oid
where
    pg_inherits.inhparent = cast('core.dossier_version' as regclass)
    and not exists (
        select 1
        from pg_index
        where pg_index.indrelid = pg_class.oid
    )
order by name
