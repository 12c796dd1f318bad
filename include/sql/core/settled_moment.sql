-- Waits until the merges that have begun are committed or rolled back, and returns a moment after them and before any
-- later one: dossiers as known at that moment are the same whenever they are read. The as_of of a publication.
create or replace function core.settled_moment()
returns timestamptz
language plpgsql
volatile
as $$
declare
    moment timestamptz;
begin
    perform pg_advisory_lock(7301000003);
    moment := clock_timestamp();
    perform pg_advisory_unlock(7301000003);
    return moment;
end;
$$;
