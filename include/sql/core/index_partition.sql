-- Makes the indexes of a month of core.dossier_version, unless it has them: all in one transaction, so that a month has all or none.
-- Waits for whoever writes into the month; readers are not locked out. Figures never depend on it.
create or replace function core.index_partition(partition_name text)
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    if partition_name !~ '^dossier_version_\d{4}_\d{2}$' or to_regclass(format('core.%I', partition_name)) is null then
        raise exception 'core.% is no month of core.dossier_version', partition_name;
    end if;
    execute format('lock table core.%I in share row exclusive mode', partition_name);
    if exists (select from pg_index where indrelid = to_regclass(format('core.%I', partition_name))) then
        return; -- another session made them meanwhile
    end if;
    execute format(
        $indexes$
            create index on core.%1$I (owner_unit_code, dossier_code) where known_to = 'infinity';
            create index on core.%1$I (finished_at);
            create index on core.%1$I (known_to) where status_group in ('in_process', 'paused');
            create index on core.%1$I (known_to) where status_group = 'withdrawn' and known_to < 'infinity';
            create index on core.%1$I using brin (known_to) with (pages_per_range = 32) where known_to < 'infinity';
            create index on core.%1$I using brin (known_from);
            create index on core.%1$I using brin (delivery_id);
        $indexes$,
        partition_name
    );
end;
$$;
