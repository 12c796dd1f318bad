-- One row: what the next deliveries of a source are compared with. Filled from the summary of an accepted delivery.
insert into ops.delivery_profile as held (delivery_id, fingerprint, accepted_count, total, group_counts)
select
    :delivery_id as delivery_id,
    fingerprint,
    accepted_count,
    total,
    group_counts
from {{ summary }}
on conflict (delivery_id) do update
    set
        fingerprint = excluded.fingerprint,
        accepted_count = excluded.accepted_count,
        total = excluded.total,
        group_counts = excluded.group_counts
    where (held.fingerprint, held.accepted_count) is distinct from (excluded.fingerprint, excluded.accepted_count)
