-- Whether a delivery's staging table has a record: after a crash of the server it has none, for PostgreSQL empties unlogged tables whole.
select exists(select 1 from {{ staging }})
