-- One row: a service level of the catalogue in force on the period's last day, with how many of its procedures received a dossier in the
-- month.
-- Filled by publication.build from core.procedure and procedure_month. The catalogue is left of the join, so that what nobody used stays;
-- units_without_data_count says of how many units it is not known what they received.
insert into mart.service_level_month (
    publication_id, period, service_level, service_count, with_dossier_count, with_online_dossier_count, without_dossier_count,
    procedures_without_dossier, units_without_data_count
)
with measured as (
    select
        publication_id,
        period,
        ends_on,
        count(*) filter (where not has_dossiers) as units_without_data_count
    from mart.publication_roster
    where publication_id = :publication_id
    group by publication_id, period, ends_on
),

used as (
    select
        procedure_code,
        sum(received_online_level_3_count + received_online_level_4_count + received_online_other_count) > 0 as is_used_online
    from mart.procedure_month
    where
        publication_id = :publication_id
        and received_count > 0
    group by procedure_code
)

select
    measured.publication_id,
    measured.period,
    catalogue.service_level,
    count(*) as service_count,
    count(used.procedure_code) as with_dossier_count,
    count(*) filter (where used.is_used_online) as with_online_dossier_count,
    count(*) filter (where used.procedure_code is null) as without_dossier_count,
    coalesce(
        array_agg(catalogue.procedure_code order by convert_to(catalogue.procedure_code, 'UTF8')) filter (
            where used.procedure_code is null
        ),
        '{}'
    ) as procedures_without_dossier,
    measured.units_without_data_count
from measured
inner join core.procedure as catalogue
    on
        measured.ends_on > catalogue.valid_from
        and measured.ends_on <= catalogue.valid_to
left join used
    on catalogue.procedure_code = used.procedure_code
group by measured.publication_id, measured.period, measured.units_without_data_count, catalogue.service_level
