-- The roles that work with the warehouse, made where they are missing. They log in without a password only where the
-- server trusts its socket (the embedded one); elsewhere an administrator gives each its password.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['onestop_loader', 'onestop_bi', 'onestop_steward'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
            begin
                execute format('create role %I login', wanted);
                if wanted = 'onestop_bi' then
                    alter role onestop_bi set default_transaction_read_only = on;
                    alter role onestop_bi set statement_timeout = '30s';
                elsif wanted = 'onestop_steward' then
                    alter role onestop_steward set statement_timeout = '60s';
                end if;
            exception
                when duplicate_object or unique_violation then null; -- another database's upgrade made it meanwhile
            end;
        end if;
    end loop;
end;
$$;
