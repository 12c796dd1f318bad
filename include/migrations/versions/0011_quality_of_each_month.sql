-- A month of another calendar stands on the deliveries of each calendar month that it overlaps: each has its row. Until now a month told
-- of the delivery that has its name, so that is what the rows of earlier publications tell of.
-- For some days a program made this column, and one index of deliveries, in 0003 and 0008: its warehouses have both already.
do $$
begin
    if not exists (
        select from pg_attribute
        where attrelid = 'mart.quality_month'::regclass and attname = 'delivery_period' and not attisdropped
    ) then
        alter table mart.quality_month add column delivery_period text; -- the calendar month of the delivery
        update mart.quality_month set delivery_period = period;
        alter table mart.quality_month alter column delivery_period set not null;
        alter table mart.quality_month drop constraint quality_month_pkey;
        alter table mart.quality_month add primary key (publication_id, unit_code, source_id, delivery_period);
    end if;

    -- 0008 and 0010 both made one: the second finds the same blocks, and a month is indexed once less.
    if to_regclass('core.dossier_version_delivery_id_idx1') is not null then
        drop index core.dossier_version_delivery_id_idx;
    end if;
end;
$$;
