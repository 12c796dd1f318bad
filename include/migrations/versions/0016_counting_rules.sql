-- By which statements a publication was measured: a later version of the program may count otherwise, and who rebuilds it must be able to
-- tell that from a figure that somebody changed. Null: published before it was kept.
alter table ops.publication add column rules_hash text;
