-- Makes a table of core.create_partitions a partition, and locks out no reader. Its rows were held to their month as they were
-- written, so that PostgreSQL does not read them again for that. Its indexes are made by core.index_partition.
create or replace function core.attach_partition(partition_name text)
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    bounds jsonb := obj_description(to_regclass(format('core.%I', partition_name)), 'pg_class');
begin
    if bounds is null or partition_name !~ '^dossier_version_\d{4}_\d{2}$' then
        raise exception 'core.% was not made by core.create_partitions', partition_name;
    end if;
    execute format(
        'alter table core.dossier_version attach partition core.%I for values from (%L) to (%L)',
        partition_name, bounds ->> 'from', bounds ->> 'to'
    );
    execute format('alter table core.%I drop constraint only_its_month', partition_name);
    execute format('comment on table core.%I is null', partition_name);
end;
$$;
