-- A delivery may hold only the dossiers that changed since the one before: nothing follows from what it does not hold.

alter table ops.delivery add column is_full boolean not null default true;
comment on column ops.delivery.is_full is 'false: holds only the dossiers that changed since the source''s delivery before';
