-- A publication tells twelve months: instead of reading eleven again, it takes their counts as they were known when the last one was built,
-- and adds what became known since. These tables hold nothing that the versions of dossiers do not tell: who empties core.counted_month
-- makes the next publication slower, and a migration that changes versions must.

-- One row: a month of receipt whose dossiers are counted. Its counts are those of the dossiers as known at as_of.
create table core.counted_month (
    calendar text not null,
    period text not null,
    as_of timestamptz not null,
    rule_hash text not null, -- of the statements that counted it and of the calendar's months: other ones count again
    primary key (calendar, period)
);

-- One row: how many dossiers received in a counted month are alike in unit, desk, channel, level at receipt and the month in which they
-- were resolved.
create table core.counted_dossier (
    calendar text not null,
    period text not null,
    unit_code text not null,
    desk text not null,
    channel text not null,
    service_level smallint not null, -- 0: none
    is_received boolean not null, -- not so: only filed, or refused
    resolved_from timestamptz not null, -- the beginning of the month in which they were resolved; infinity: they were not
    dossier_count integer not null check (dossier_count >= 0),
    primary key (calendar, period, unit_code, desk, channel, service_level, is_received, resolved_from),
    foreign key (calendar, period) references core.counted_month on delete cascade
);

-- What became known of a month since a moment is found by indexes. A month without any gets them with the others.
do $$
declare
    month regclass;
begin
    for month in
        select inhrelid::regclass
        from pg_inherits
        where inhparent = 'core.dossier_version'::regclass and exists (select from pg_index where indrelid = inhrelid)
        order by 1
    loop
        execute format('create index on %s (known_to) where known_to < %L', month, 'infinity');
        execute format('create index on %s using brin (known_from)', month);
    end loop;
end;
$$;
