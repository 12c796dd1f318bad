-- What each role may do. Run after every change of tables, functions or views; granting again changes nothing.
revoke create on schema public from public;
-- Temporary tables are for the pipeline; a reader writes nothing at all.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to onestop_loader', current_database());
end;
$$;

-- The pipeline: reads and writes everything, makes staging tables, alters nothing.
grant usage on schema staging, quarantine, core, mart, bi, ops to onestop_loader;
grant create on schema staging to onestop_loader;
grant select, insert, update, delete on all tables in schema quarantine, core, mart, ops to onestop_loader;
grant select on all tables in schema bi to onestop_loader;
-- The pipeline analyses what it has just filled.
do $$ begin grant maintain on all tables in schema core, mart, ops to onestop_loader; end; $$;
grant usage, select on all sequences in schema quarantine, core, mart, ops to onestop_loader;
grant execute on all functions in schema core, mart, bi, ops to onestop_loader;
revoke insert, update, delete on ops.alembic_version, ops.replaceable from onestop_loader;
-- What was decided, and what was published with, is added to and never rewritten.
revoke update, delete
on ops.delivery_decision, ops.delivery_override, ops.dimension_state, quarantine.row_before from onestop_loader;
-- A publication changes its state, and stays.
revoke delete on ops.publication from onestop_loader;

-- The readers: the views of bi and nothing else. A view reads with its owner's rights.
grant usage on schema bi to onestop_bi;
grant select on all tables in schema bi to onestop_bi;

-- The steward of data quality: what was refused and what is alarming.
grant usage on schema quarantine, ops, bi to onestop_steward;
grant select on all tables in schema quarantine, bi to onestop_steward;
grant update (state) on quarantine.row to onestop_steward;
grant select
on ops.delivery, ops.delivery_decision, ops.pull_attempt, ops.expectation_result, ops.publication, ops.alert to onestop_steward;
grant update (state, changed_at, changed_by, silenced_until, silenced_reason) on ops.alert to onestop_steward;
