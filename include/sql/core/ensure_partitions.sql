-- Makes the monthly partitions of core.dossier_version that the given moments of receipt need; returns how many were new.
create or replace function core.ensure_partitions(moments timestamptz[])
returns integer
language plpgsql
as $$
declare
    made core.new_partition[];
    partition core.new_partition;
begin
    made := array(select created from core.create_partitions(moments) as created);
    foreach partition in array made loop
        perform core.attach_partition(partition.name);
    end loop;
    return cardinality(made);
end;
$$;
