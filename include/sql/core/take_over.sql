-- Makes a configured table hold exactly the given rows: changed ones are updated in place (surrogate keys stay), missing
-- ones inserted, others deleted, equal ones left alone. `incoming` is a list of objects with the keys `columns`.
-- Returns how many rows were written.
create or replace function core.take_over(
    target regclass, key_columns text[], columns text[], incoming jsonb
)
returns bigint
language plpgsql
as $$
declare
    written bigint;
    compared text[] := array(select c from unnest(columns) as c where c <> all(key_columns));
begin
    execute format(
        'merge into %1$s as held using jsonb_populate_recordset(null::%1$s, $1) as configured on %2$s '
        'when matched and (%3$s) then update set %4$s '
        'when not matched by target then insert (%5$s) values (%6$s) '
        'when not matched by source then delete',
        target,
        (
            select string_agg(format('coalesce(held.%1$I::text, '''') = coalesce(configured.%1$I::text, '''')', c), ' and ')
            from unnest(key_columns) as c
        ),
        coalesce(
            (select string_agg(format('held.%1$I is distinct from configured.%1$I', c), ' or ') from unnest(compared) as c),
            'false'
        ),
        (
            select string_agg(format('%1$I = configured.%1$I', c), ', ')
            from unnest(coalesce(nullif(compared, '{}'), key_columns)) as c
        ),
        (select string_agg(format('%I', c), ', ') from unnest(columns) as c),
        (select string_agg(format('configured.%I', c), ', ') from unnest(columns) as c)
    ) using incoming;
    get diagnostics written = row_count;
    return written;
end;
$$;
