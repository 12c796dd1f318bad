-- Whether a full delivery showed a version unchanged, as far as core.month_confirmation tells, without core.unconfirmed_dossier: it was
-- current when the delivery was merged, and an earlier one of the source and month had brought it.
-- The row's columns one by one: of a whole row the planner would have all of them taken out again for each version.
create or replace function core.is_shown_unchanged(
    confirmed_delivery_ids bigint[], unit_codes text[], received_from timestamptz, received_to timestamptz, confirmed_at timestamptz,
    delivery_id bigint, owner_unit_code text, received_at timestamptz, known_from timestamptz, known_to timestamptz
)
returns boolean
language sql
immutable
parallel safe
as $$
select
    known_from < confirmed_at
    and known_to > confirmed_at
    and received_at >= received_from
    and received_at <= received_to
    and delivery_id = any(confirmed_delivery_ids)
    and owner_unit_code = any(unit_codes)
$$;
