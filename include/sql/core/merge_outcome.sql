-- What becomes of a delivered row, given the current version of its dossier: the one place of the rule that orders
-- deliveries. The later observed wins, and of two observed at one moment the later delivery; the order of arrival
-- decides nothing.
create or replace function core.merge_outcome(
    current_hash bigint, current_observed_at timestamptz, current_delivery_id bigint,
    row_hash bigint, observed_at timestamptz, delivery_id bigint
)
returns text
language sql
immutable
parallel safe
as $$
select
    case
        when current_hash is null then 'new'
        when (observed_at, delivery_id) < (current_observed_at, current_delivery_id)
            then case when current_hash = row_hash then 'unchanged' else 'older' end
        when current_hash <> row_hash then 'changed'
        when (observed_at, delivery_id) > (current_observed_at, current_delivery_id) then 'confirmed'
        else 'unchanged'
    end
$$;
