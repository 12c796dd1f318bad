-- Makes the monthly partitions of core.dossier_version for the given moments of receipt; returns how many were new.
-- A month is a local one (its offset comes from core.period the first time). Attaching locks out no reader.
create or replace function core.ensure_partitions(moments timestamptz[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    shift interval;
    wanted timestamp;
    partition_name text;
    made integer := 0;
begin
    select utc_offset into shift from core.partition_origin;
    if shift is null then
        insert into core.partition_origin (utc_offset)
        select coalesce(
            (
                select starts_on::timestamp - starts_at at time zone 'UTC'
                from core.period where calendar = 'calendar' order by period limit 1
            ),
            interval '0'
        )
        on conflict do nothing;
        select utc_offset into strict shift from core.partition_origin;
    end if;

    for wanted in
        select distinct date_trunc('month', moment at time zone 'UTC' + shift)
        from unnest(moments) as listed (moment)
        where isfinite(moment)
        order by 1
    loop
        partition_name := format('dossier_version_%s', to_char(wanted, 'YYYY_MM'));
        continue when to_regclass('core.' || partition_name) is not null;
        perform pg_advisory_xact_lock(7301000002);
        continue when to_regclass('core.' || partition_name) is not null; -- another session made it meanwhile
        execute format(
            'create table core.%I (like core.dossier_version including defaults including constraints)', partition_name
        );
        execute format(
            'alter table core.dossier_version attach partition core.%I for values from (%L) to (%L)',
            partition_name,
            (wanted - shift) at time zone 'UTC',
            (wanted + interval '1 month' - shift) at time zone 'UTC'
        );
        execute format('grant select, insert, update, delete, maintain on core.%I to onestop_loader', partition_name);
        made := made + 1;
    end loop;
    return made;
end;
$$;
revoke execute on function core.ensure_partitions(timestamptz[]) from public;
