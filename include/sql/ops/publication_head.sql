-- One row: a group of units (departments, districts, all) in the year to date of a publication: the head of a publication.
-- Read by `onestop publication show` and `plan`. Numerators and denominators are pooled; the official metric, units with their communes.
select
    coalesce(unit_group, 'all') as unit_group,
    count(*) filter (where status = 'met') as met_count,
    count(*) filter (where status = 'not_met') as not_met_count,
    count(*) filter (where status = 'zero_online') as zero_online_count,
    count(*) filter (where status = 'no_data') as no_data_count,
    sum(numerator)::bigint as numerator,
    sum(denominator)::bigint as denominator
from mart.compliance_ytd_described
where
    publication_id = :publication_id
    and scope = 'total'
    and is_official_metric
group by grouping sets ((unit_group), ())
order by coalesce(unit_group, 'all') = 'all', min(roster_order)
