-- One row: a procedure of a unit whose dossiers, received in the month, could have been filed online: direct_count is what was missed.
-- Filled by publication.build from period_procedure: the level is the procedure's at receipt, the levels are those of the official metric
-- in force on the period's last day. Every unit has the row '' (without a procedure); null where it did not report dossiers.
insert into mart.missed_online_month (
    publication_id, period, unit_code, procedure_code, eligible_count, online_count, direct_count, post_count
)
with online_level as (
    select distinct level_offered.service_level
    from mart.publication_official_metric as official
    cross join unnest(official.online_levels) as level_offered (service_level)
    where official.publication_id = :publication_id
),

counted as (
    select
        dossier.unit_code,
        dossier.procedure_code,
        sum(dossier.dossier_count) as eligible_count,
        sum(dossier.dossier_count) filter (where dossier.channel = 'online') as online_count,
        sum(dossier.dossier_count) filter (where dossier.channel = 'direct') as direct_count,
        sum(dossier.dossier_count) filter (where dossier.channel = 'post') as post_count
    from period_procedure as dossier
    inner join online_level
        on dossier.service_level = online_level.service_level
    where dossier.is_received
    group by dossier.unit_code, dossier.procedure_code
),

expected as (
    select
        publication_id,
        period,
        unit_code,
        has_dossiers,
        '' as procedure_code
    from mart.publication_roster
    where publication_id = :publication_id
    union
    select
        roster.publication_id,
        roster.period,
        roster.unit_code,
        roster.has_dossiers,
        counted.procedure_code
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
    expected.procedure_code,
    case when expected.has_dossiers then coalesce(counted.eligible_count, 0) end as eligible_count,
    case when expected.has_dossiers then coalesce(counted.online_count, 0) end as online_count,
    case when expected.has_dossiers then coalesce(counted.direct_count, 0) end as direct_count,
    case when expected.has_dossiers then coalesce(counted.post_count, 0) end as post_count
from expected
left join counted
    on
        expected.unit_code = counted.unit_code
        and expected.procedure_code = counted.procedure_code
