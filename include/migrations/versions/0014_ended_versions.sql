-- Counts that differ from their dossiers are remembered until they are counted anew, so that whoever asks again is told again. A program
-- made this column in 0013 for some hours.
alter table core.counted_month add column if not exists differing_count integer; -- how many; null: none were found

-- What was ended since a moment stands together in a month, or the month is read almost whole: ranges of pages find it as fast as an index
-- of each version, which every changed dossier had to be entered into.
do $$
declare
    month regclass;
    entered regclass;
begin
    for month, entered in
        select indrelid::regclass, indexrelid::regclass
        from pg_index
        inner join pg_inherits on indrelid = inhrelid
        inner join pg_class on indexrelid = pg_class.oid
        inner join pg_am on relam = pg_am.oid
        where
            inhparent = 'core.dossier_version'::regclass
            and amname = 'btree'
            and pg_get_indexdef(indexrelid, 1, true) = 'known_to'
            and pg_get_expr(indpred, indrelid) = '(known_to < ''infinity''::timestamp with time zone)'
        order by 1
    loop
        execute format('create index on %s using brin (known_to) with (pages_per_range = 32) where known_to < %L', month, 'infinity');
        execute format('drop index %s', entered);
    end loop;
end;
$$;

-- By far the most rows of a publication are counts by month, and a foreign key looks its publication up for each of them: half of what
-- writing them takes. It still says what belongs together; that the publication is there is held once a statement, and nobody who
-- publishes may delete one.
alter table mart.dossier_count_month alter constraint dossier_count_month_publication_id_fkey not enforced;

create function mart.require_publication()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
declare
    unknown bigint;
begin
    select min(written.publication_id) into unknown
    from written
    where not exists (select from ops.publication where publication.publication_id = written.publication_id);
    if unknown is not null then
        raise exception '%.% would have counts of publication %, which is not in ops.publication', tg_table_schema, tg_table_name, unknown
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end;
$$;

create trigger inserted_of_a_publication after insert on mart.dossier_count_month
referencing new table as written for each statement execute function mart.require_publication();
create trigger updated_of_a_publication after update on mart.dossier_count_month
referencing new table as written for each statement execute function mart.require_publication();
