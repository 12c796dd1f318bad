-- Makes tables for the months of receipt that have no partition of core.dossier_version yet, not attached so far: they are
-- filled faster alone. One row: a new table and its month. A month is a local one: its distance from UTC comes from
-- core.period the first time and is kept, so that partitions never overlap. Whoever needs the same month waits.
-- Columns stand in another order than in core.dossier_version, which PostgreSQL goes by names for: what every reader and index needs
-- first, what has always the same width before it, because all columns before one that is read are taken apart.
create or replace function core.create_partitions(moments timestamptz[])
returns setof core.new_partition
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    shift interval;
    month_start timestamp;
    made core.new_partition;
    first_columns constant name[] := '{
        known_to, known_from, received_at, delivery_id, row_hash, observed_at, status_code, service_level, finished_at,
        owner_unit_code, dossier_code, status_group, channel, commune_code, procedure_code, due_at, fee_amount, payment_method,
        submitted_at, applicant_key
    }';
begin
    insert into core.partition_origin (utc_offset)
    select coalesce(
        (
            select starts_on::timestamp - starts_at at time zone 'UTC'
            from core.period where calendar = 'calendar' order by period limit 1
        ),
        interval '0'
    )
    where not exists (select from core.partition_origin)
    on conflict do nothing;
    select utc_offset into strict shift from core.partition_origin;

    for month_start in
        select distinct date_trunc('month', moment at time zone 'UTC' + shift)
        from unnest(moments) as listed (moment)
        where isfinite(moment)
        order by 1
    loop
        made.name := 'dossier_version_' || to_char(month_start, 'YYYY_MM');
        continue when to_regclass('core.' || made.name) is not null;
        perform pg_advisory_xact_lock(7301000002);
        continue when to_regclass('core.' || made.name) is not null; -- another session made it meanwhile
        made.starts_at := (month_start - shift) at time zone 'UTC';
        made.ends_at := (month_start + interval '1 month' - shift) at time zone 'UTC';
        execute format(
            'create table core.%I (%s, %s, constraint only_its_month check (received_at >= %L and received_at < %L))',
            made.name,
            (
                select
                    string_agg(
                        format('%I %s', attname, format_type(atttypid, atttypmod))
                        || case when attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(adbin, adrelid), ''),
                        ', ' order by array_position(first_columns, attname), attnum
                    )
                from pg_attribute
                left join pg_attrdef on attrelid = adrelid and attnum = adnum
                where attrelid = 'core.dossier_version'::regclass and attnum > 0 and not attisdropped
            ),
            (
                select string_agg(format('constraint %I %s', conname, pg_get_constraintdef(oid)), ', ')
                from pg_constraint
                where conrelid = 'core.dossier_version'::regclass and contype = 'c'
            ),
            made.starts_at,
            made.ends_at
        );
        execute format(
            'comment on table core.%I is %L', made.name, jsonb_build_object('from', made.starts_at, 'to', made.ends_at)
        );
        execute format('grant select, insert, update, delete, maintain on core.%I to onestop_loader', made.name);
        return next made;
    end loop;
end;
$$;
