-- One row: a month of core.dossier_version whose rows nobody has looked at so far: it was made empty.
select pg_class.relname as partition_name
from pg_inherits
inner join pg_class on pg_inherits.inhrelid = pg_class.oid
where
    pg_inherits.inhparent = 'core.dossier_version'::regclass
    and pg_class.reltuples < 0
order by partition_name
