-- One row: a unit's dossiers filed online in the month, at the levels of the official metric, that look arranged, by what makes them so.
-- Filled by publication.build for suspect_filing_month, with the thresholds of suspect_filing.yaml. Dropped with the transaction.
-- A table, because no statement that fills a mart is planned for more than one processor: the month is read by every one.
-- Minutes are those in which dossiers were filed, or received where that is unknown. A moment at midnight is a day whose time nobody wrote
-- down: it is in no minute, and nothing is told from it. Midnights are those of the session's timezone, which is set to the jurisdiction's,
-- as for period_dossier.
create temporary table suspected_filing on commit drop as
with threshold as (
    select
        limits.burst_dossiers_per_minute,
        limits.dossiers_per_applicant,
        limits.assisted_minutes * interval '1 minute' as assisted_for
    from
        jsonb_to_recordset(jsonb_build_array(cast(:suspect_filing as jsonb))) as limits (
            burst_dossiers_per_minute integer,
            dossiers_per_applicant integer,
            assisted_minutes integer
        )
    where cast(:suspect_filing as text) is not null
),

online_level as (
    select level_offered.service_level
    from mart.publication_official_metric as official
    cross join unnest(official.online_levels) as level_offered (service_level)
    where official.publication_id = :publication_id
),

filed_online as (
    select
        owner_unit_code as unit_code,
        applicant_key,
        case
            when cast(coalesce(submitted_at, received_at) as time) <> '00:00'
                then date_trunc('minute', coalesce(submitted_at, received_at))
            else '-infinity' -- no null: it would be held against every minute
        end as filed_minute,
        coalesce(
            received_at >= submitted_at
            and received_at <= submitted_at + (select threshold.assisted_for from threshold)
            and cast(submitted_at as time) <> '00:00'
            and cast(received_at as time) <> '00:00',
            false
        ) as is_counter_assisted,
        coalesce(
            status_group = 'resolved'
            and finished_at < cast(:ends_at as timestamptz)
            and date_trunc('minute', finished_at) = date_trunc('minute', coalesce(submitted_at, received_at))
            and cast(finished_at as time) <> '00:00'
            and cast(coalesce(submitted_at, received_at) as time) <> '00:00',
            false
        ) as is_same_minute
    from {{ dossiers }}(cast(:as_of as timestamptz))
    where
        received_at >= cast(:starts_at as timestamptz)
        and received_at < cast(:ends_at as timestamptz)
        and status_group <> 'not_accepted'
        and channel = 'online'
        and coalesce(service_level, 0) = any(array(select online_level.service_level from online_level))
),

-- Materialized: each would be found again for every count that asks for it.
burst_minute as materialized (
    select
        unit_code,
        filed_minute
    from filed_online
    where filed_minute > '-infinity'
    group by unit_code, filed_minute
    having count(*) >= (select threshold.burst_dossiers_per_minute from threshold)
),

frequent_applicant as materialized (
    select
        unit_code,
        applicant_key
    from filed_online
    where applicant_key is not null
    group by unit_code, applicant_key
    having count(*) >= (select threshold.dossiers_per_applicant from threshold)
),

judged as (
    select
        unit_code,
        is_counter_assisted,
        is_same_minute,
        filed_minute > '-infinity' as is_timed,
        (unit_code, filed_minute) in (
            select
                burst_minute.unit_code,
                burst_minute.filed_minute
            from burst_minute
        ) as is_burst,
        coalesce(
            (unit_code, applicant_key) in (
                select
                    frequent_applicant.unit_code,
                    frequent_applicant.applicant_key
                from frequent_applicant
            ),
            false
        ) as is_same_applicant
    from filed_online
)

select
    unit_code,
    bool_or(is_timed) as is_any_timed,
    count(*) filter (where is_burst) as burst_count,
    count(*) filter (where is_same_applicant) as same_applicant_count,
    count(*) filter (where is_counter_assisted) as counter_assisted_count,
    count(*) filter (where is_same_minute) as same_minute_count,
    count(*) filter (where is_burst or is_same_applicant or is_counter_assisted or is_same_minute) as suspected_count
from judged
group by unit_code
