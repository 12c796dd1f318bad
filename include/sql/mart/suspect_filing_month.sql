-- One row: a unit's dossiers filed online in the month, at the levels of the official metric, and how many of them look arranged.
-- Filled by publication.build from suspected_filing, period_procedure and dossier_count_month, with the thresholds of suspect_filing.yaml
-- (no such file: nothing is suspected, null). A suspicion is a reason to look, never a refusal: the share is given as it is and without
-- them. By filing: a dossier counts in the month of its receipt. What minutes tell is null where no dossier has one: nothing was looked at.
insert into mart.suspect_filing_month (
    publication_id, period, unit_code, received_count, online_count, burst_count, same_applicant_count, counter_assisted_count,
    same_minute_count, suspected_count, is_rate_jump, earlier_online_count, earlier_received_count
)
with roster as (
    select
        publication_id,
        period,
        unit_code,
        has_dossiers
    from mart.publication_roster
    where publication_id = :publication_id
),

threshold as (
    select
        limits.jump_percentage_points,
        limits.jump_months,
        limits.jump_min_dossiers
    from
        jsonb_to_recordset(jsonb_build_array(cast(:suspect_filing as jsonb))) as limits (
            jump_percentage_points numeric,
            jump_months integer,
            jump_min_dossiers integer
        )
    where cast(:suspect_filing as text) is not null
),

online_level as (
    select distinct level_offered.service_level
    from mart.publication_official_metric as official
    cross join unnest(official.online_levels) as level_offered (service_level)
    where official.publication_id = :publication_id
),

earlier_month as (
    select
        period,
        row_number() over (order by starts_at desc) as months_before
    from core.period
    where
        calendar = :calendar
        and starts_at < cast(:starts_at as timestamptz)
),

month_compared as (
    select earlier_month.period
    from earlier_month
    inner join threshold
        on earlier_month.months_before <= threshold.jump_months
),

counted as (
    select
        unit_code,
        sum(dossier_count) as received_count,
        coalesce(
            sum(dossier_count) filter (
                where channel = 'online' and service_level in (select online_level.service_level from online_level)
            ), 0
        ) as online_count
    from period_procedure
    where is_received
    group by unit_code
),

earlier as (
    select
        counts.unit_code,
        sum(counts.dossier_count) filter (
            where counts.channel = 'online' and counts.service_level in (select online_level.service_level from online_level)
        ) as online_count,
        sum(counts.dossier_count) as received_count
    from mart.dossier_count_month as counts
    inner join mart.reporting_status_month as reporting
        on
            counts.publication_id = reporting.publication_id
            and counts.period = reporting.period
            and counts.unit_code = reporting.unit_code
            and counts.figures_from = reporting.figures_from
    inner join month_compared
        on counts.period = month_compared.period
    where
        counts.publication_id = :publication_id
        and counts.event = 'received'
        and counts.figures_from = 'dossiers'
        and reporting.reporting_status in ('reported', 'reported_zero', 'late')
    group by counts.unit_code
)

select
    roster.publication_id,
    roster.period,
    roster.unit_code,
    case when roster.has_dossiers then coalesce(counted.received_count, 0) end as received_count,
    case when roster.has_dossiers then coalesce(counted.online_count, 0) end as online_count,
    case
        when roster.has_dossiers and threshold.jump_months is not null and suspected.is_any_timed is not false
            then coalesce(suspected.burst_count, 0)
    end as burst_count,
    case
        when roster.has_dossiers and threshold.jump_months is not null then coalesce(suspected.same_applicant_count, 0)
    end as same_applicant_count,
    case
        when roster.has_dossiers and threshold.jump_months is not null and suspected.is_any_timed is not false
            then coalesce(suspected.counter_assisted_count, 0)
    end as counter_assisted_count,
    case
        when roster.has_dossiers and threshold.jump_months is not null and suspected.is_any_timed is not false
            then coalesce(suspected.same_minute_count, 0)
    end as same_minute_count,
    case
        when roster.has_dossiers and threshold.jump_months is not null then coalesce(suspected.suspected_count, 0)
    end as suspected_count,
    case
        when
            roster.has_dossiers
            and counted.received_count >= threshold.jump_min_dossiers
            and earlier.received_count >= threshold.jump_min_dossiers
            then
                100 * (
                    counted.online_count * earlier.received_count
                    - coalesce(earlier.online_count, 0) * counted.received_count
                ) >= threshold.jump_percentage_points * counted.received_count * earlier.received_count
    end as is_rate_jump,
    case when roster.has_dossiers and earlier.received_count > 0 then coalesce(earlier.online_count, 0) end as earlier_online_count,
    case when roster.has_dossiers and earlier.received_count > 0 then earlier.received_count end as earlier_received_count
from roster
left join threshold
    on true
left join counted
    on roster.unit_code = counted.unit_code
left join suspected_filing as suspected
    on roster.unit_code = suspected.unit_code
left join earlier
    on roster.unit_code = earlier.unit_code
