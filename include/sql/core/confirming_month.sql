-- One row: one of some full deliveries, which showed a version unchanged by its month and not by a list (core.month_confirmation). Ask
-- among those that confirm deliveries of the versions in question: each version held against the months of all years takes minutes.
create or replace function core.confirming_month(
    among bigint[], version_delivery_id bigint, owner_unit_code text, dossier_code text,
    received_at timestamptz, known_from timestamptz, known_to timestamptz
)
returns table (delivery_id bigint, observed_at timestamptz)
language sql
stable
parallel safe
as $$
select
    shown.delivery_id,
    shown.observed_at
from core.month_confirmation as shown
where
    shown.delivery_id = any(confirming_month.among)
    and core.is_shown_unchanged(
        shown.confirmed_delivery_ids, shown.unit_codes, shown.received_from, shown.received_to, shown.confirmed_at,
        confirming_month.version_delivery_id, confirming_month.owner_unit_code, confirming_month.received_at,
        confirming_month.known_from, confirming_month.known_to
    )
    and not exists (
        select 1
        from core.unconfirmed_dossier as unconfirmed
        where
            unconfirmed.delivery_id = shown.delivery_id
            and unconfirmed.owner_unit_code = confirming_month.owner_unit_code
            and unconfirmed.dossier_code = confirming_month.dossier_code
    )
$$;
