-- One row: a commune of a district in the month, its dossiers received and resolved by channel and level at receipt; '' = the unit's own
-- desk.
-- Filled by publication.build from period_procedure; every unit has the row '', and a district one for each of its communes at any time of
-- the period, with zeros where nothing was handled; null where the unit did not report dossiers.
insert into mart.commune_month (
    publication_id, period, unit_code, commune_code, received_count, received_online_level_3_count, received_online_level_4_count,
    received_online_other_count, received_direct_count, received_post_count, resolved_count, resolved_online_level_3_count,
    resolved_online_level_4_count, resolved_online_other_count, resolved_direct_count, resolved_post_count
)
with counted as (
    select
        unit_code,
        commune_code,
        sum(dossier_count) filter (where is_received) as received_count,
        sum(dossier_count) filter (where is_received and channel = 'online' and service_level = 3) as received_online_level_3_count,
        sum(dossier_count) filter (where is_received and channel = 'online' and service_level = 4) as received_online_level_4_count,
        sum(dossier_count) filter (where is_received and channel = 'online' and service_level not in (3, 4)) as received_online_other_count,
        sum(dossier_count) filter (where is_received and channel = 'direct') as received_direct_count,
        sum(dossier_count) filter (where is_received and channel = 'post') as received_post_count,
        sum(dossier_count) filter (where is_resolved) as resolved_count,
        sum(dossier_count) filter (where is_resolved and channel = 'online' and service_level = 3) as resolved_online_level_3_count,
        sum(dossier_count) filter (where is_resolved and channel = 'online' and service_level = 4) as resolved_online_level_4_count,
        sum(dossier_count) filter (where is_resolved and channel = 'online' and service_level not in (3, 4)) as resolved_online_other_count,
        sum(dossier_count) filter (where is_resolved and channel = 'direct') as resolved_direct_count,
        sum(dossier_count) filter (where is_resolved and channel = 'post') as resolved_post_count
    from period_procedure
    where is_received or is_resolved
    group by unit_code, commune_code
),

expected as (
    select
        publication_id,
        period,
        unit_code,
        has_dossiers,
        '' as commune_code
    from mart.publication_roster
    where publication_id = :publication_id
    union
    select
        roster.publication_id,
        roster.period,
        roster.unit_code,
        roster.has_dossiers,
        commune.commune_code
    from mart.publication_roster as roster
    inner join core.commune
        on
            roster.unit_code = commune.district_unit_code
            and roster.ends_on > commune.valid_from
            and roster.starts_on < commune.valid_to
    where roster.publication_id = :publication_id
    union
    select
        roster.publication_id,
        roster.period,
        roster.unit_code,
        roster.has_dossiers,
        counted.commune_code
    from mart.publication_roster as roster
    inner join counted
        on roster.unit_code = counted.unit_code
    where
        roster.publication_id = :publication_id
        and roster.has_dossiers
)

select
    expected.publication_id,
    expected.period,
    expected.unit_code,
    expected.commune_code,
    case when expected.has_dossiers then coalesce(counted.received_count, 0) end as received_count,
    case when expected.has_dossiers then coalesce(counted.received_online_level_3_count, 0) end as received_online_level_3_count,
    case when expected.has_dossiers then coalesce(counted.received_online_level_4_count, 0) end as received_online_level_4_count,
    case when expected.has_dossiers then coalesce(counted.received_online_other_count, 0) end as received_online_other_count,
    case when expected.has_dossiers then coalesce(counted.received_direct_count, 0) end as received_direct_count,
    case when expected.has_dossiers then coalesce(counted.received_post_count, 0) end as received_post_count,
    case when expected.has_dossiers then coalesce(counted.resolved_count, 0) end as resolved_count,
    case when expected.has_dossiers then coalesce(counted.resolved_online_level_3_count, 0) end as resolved_online_level_3_count,
    case when expected.has_dossiers then coalesce(counted.resolved_online_level_4_count, 0) end as resolved_online_level_4_count,
    case when expected.has_dossiers then coalesce(counted.resolved_online_other_count, 0) end as resolved_online_other_count,
    case when expected.has_dossiers then coalesce(counted.resolved_direct_count, 0) end as resolved_direct_count,
    case when expected.has_dossiers then coalesce(counted.resolved_post_count, 0) end as resolved_post_count
from expected
left join counted
    on
        expected.unit_code = counted.unit_code
        and expected.commune_code = counted.commune_code
