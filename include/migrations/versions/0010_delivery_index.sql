-- Every delivery is held against what those before it brought: without an index, that reads all years each month. A delivery's
-- versions stand together, so the first and last number of a block's deliveries are enough, and cost next to nothing to keep.

create index on core.dossier_version using brin (delivery_id);
