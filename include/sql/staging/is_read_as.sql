-- Whether the moments in a staging table were read by these patterns in this timezone: a source's configuration may have changed since.
select coalesce(obj_description(to_regclass(:staging), 'pg_class') = :read_as, false)
