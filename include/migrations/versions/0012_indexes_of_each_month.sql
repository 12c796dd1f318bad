-- A month's indexes are its own, made by core.index_partition: an index of the whole table makes every month have it from the
-- moment it is attached, and deliveries that fill a month together then write into its indexes at once, at twice the price.
-- A month keeps those it has when it is detached; they no longer hang on those of the whole table, which are dropped.
do $$
declare
    months name[];
    bounds text[];
    dropped regclass;
begin
    select array_agg(relname order by relname), array_agg(pg_get_expr(relpartbound, oid) order by relname)
    into months, bounds
    from pg_class
    where relispartition and oid in (select inhrelid from pg_inherits where inhparent = 'core.dossier_version'::regclass);

    for place in 1..coalesce(cardinality(months), 0) loop
        execute format('alter table core.dossier_version detach partition core.%I', months[place]);
    end loop;
    for dropped in select indexrelid from pg_index where indrelid = 'core.dossier_version'::regclass loop
        execute format('drop index %s', dropped);
    end loop;
    for place in 1..coalesce(cardinality(months), 0) loop
        execute format('alter table core.dossier_version attach partition core.%I %s', months[place], bounds[place]);
    end loop;
end;
$$;
