-- A month of another calendar stands on the deliveries of each calendar month that it overlaps: each has its row. Until now a month told
-- of the delivery that has its name, so that is what the rows of earlier publications tell of.
alter table mart.quality_month add column delivery_period text; -- the calendar month of the delivery
update mart.quality_month set delivery_period = period;
alter table mart.quality_month alter column delivery_period set not null;
alter table mart.quality_month drop constraint quality_month_pkey;
alter table mart.quality_month add primary key (publication_id, unit_code, source_id, delivery_period);

-- 0008 and 0010 both made one: the second finds the same blocks, and a month is indexed once less.
drop index core.dossier_version_delivery_id_idx;
