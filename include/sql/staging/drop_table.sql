-- Removes one table of a delivery, if it is there.
drop table if exists {{ table }};
