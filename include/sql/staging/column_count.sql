-- One row: how many columns a delivery's staging table has; 0 where there is none.
select count(*) as column_count
from pg_attribute
where
    attrelid = to_regclass(:staging)
    and attnum > 0
    and not attisdropped
