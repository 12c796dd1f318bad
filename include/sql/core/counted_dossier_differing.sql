-- One row: how many of the counts that are kept of a month are not those of its dossiers (received_count, counted as of the same moment).
-- Read by compliance.verify_counts.
with counted as (
    select
        unit_code,
        desk,
        channel,
        service_level,
        is_received,
        resolved_from,
        dossier_count
    from core.counted_dossier
    where
        calendar = :calendar
        and period = :period
    union all
    select
        unit_code,
        desk,
        channel,
        service_level,
        is_received,
        resolved_from,
        -dossier_count as dossier_count
    from received_count
),

differing as (
    select unit_code
    from counted
    group by unit_code, desk, channel, service_level, is_received, resolved_from
    having sum(dossier_count) <> 0
)

select count(*) from differing
