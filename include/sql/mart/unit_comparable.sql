-- One row: a unit of the comparable series in a published month, and a unit of that month's roster whose figures it carries (null: none).
-- Made from core.unit_succession, for the latest official revision of every month. The units are those at the end of the calendar's latest
-- published month, and those of earlier months whom nobody succeeds. Merges and renames that took effect after a month began are followed,
-- one after the other, in the order of their days. A split ends the way: what a unit was before it cannot be told apart, is left with
-- that unit and never apportioned, and its parts, or who took them over since, are marked.
create or replace view mart.unit_comparable as
with recursive published_month as (
    select
        described.publication_id,
        described.calendar,
        described.period,
        month.starts_on,
        last_value(described.publication_id) over latest as reference_publication_id,
        last_value(described.period) over latest as reference_period,
        last_value(month.ends_on) over latest as reference_ends_on
    from ops.publication_described as described
    inner join core.period as month
        on
            described.calendar = month.calendar
            and described.period = month.period
    where described.is_latest
    window latest as (
        partition by described.calendar
        order by month.starts_at
        rows between unbounded preceding and unbounded following
    )
),

succession as (
    select
        published_month.publication_id,
        unit_succession.from_unit_code,
        unit_succession.to_unit_code,
        unit_succession.effective_on,
        unit_succession.kind
    from published_month
    inner join core.unit_succession
        on
            published_month.starts_on < unit_succession.effective_on
            and published_month.reference_ends_on > unit_succession.effective_on
),

reported_unit as (
    select
        published_month.publication_id,
        reporting.unit_code,
        published_month.starts_on
    from published_month
    inner join mart.reporting_status_month as reporting
        on
            published_month.publication_id = reporting.publication_id
            and published_month.period = reporting.period
),

seed as (
    select
        publication_id,
        unit_code,
        starts_on as seen_on
    from reported_unit
    union
    select
        succession.publication_id,
        part.unit_code,
        succession.effective_on as seen_on
    from succession
    inner join lateral (values (succession.from_unit_code), (succession.to_unit_code)) as part (unit_code) on true
    where succession.kind = 'split'
),

way as (
    select
        publication_id,
        unit_code as seed_unit_code,
        seen_on as seed_on,
        unit_code,
        seen_on
    from seed
    union all
    select
        way.publication_id,
        way.seed_unit_code,
        way.seed_on,
        next_event.to_unit_code as unit_code,
        next_event.effective_on as seen_on
    from way
    inner join lateral (
        select
            succession.to_unit_code,
            succession.effective_on,
            succession.kind
        from succession
        where
            succession.publication_id = way.publication_id
            and succession.from_unit_code = way.unit_code
            and succession.effective_on > way.seen_on
        order by succession.effective_on
        limit 1
    ) as next_event on true
    where next_event.kind in ('merge', 'rename')
),

way_end as (
    select distinct on (publication_id, seed_unit_code, seed_on)
        publication_id,
        seed_unit_code,
        seed_on,
        unit_code
    from way
    order by publication_id asc, seed_unit_code asc, seed_on asc, seen_on desc
),

split_unit as (
    select
        way_end.publication_id,
        way_end.unit_code
    from succession
    inner join way_end
        on
            succession.publication_id = way_end.publication_id
            and succession.effective_on = way_end.seed_on
            and way_end.seed_unit_code in (succession.from_unit_code, succession.to_unit_code)
    where succession.kind = 'split'
    union
    select
        succession.publication_id,
        succession.from_unit_code as unit_code
    from succession
    where succession.kind = 'split'
),

carried as (
    select
        reported_unit.publication_id,
        way_end.unit_code,
        reported_unit.unit_code as reported_unit_code
    from reported_unit
    inner join way_end
        on
            reported_unit.publication_id = way_end.publication_id
            and reported_unit.unit_code = way_end.seed_unit_code
            and reported_unit.starts_on = way_end.seed_on
),

reference_unit as (
    select distinct
        published_month.publication_id,
        carried.unit_code
    from published_month
    inner join carried
        on published_month.reference_publication_id = carried.publication_id
),

comparable as (
    select
        carried.reported_unit_code,
        coalesce(carried.publication_id, reference_unit.publication_id) as publication_id,
        coalesce(carried.unit_code, reference_unit.unit_code) as unit_code,
        reference_unit.unit_code is not null as is_reference
    from carried
    full outer join reference_unit
        on
            carried.publication_id = reference_unit.publication_id
            and carried.unit_code = reference_unit.unit_code
)

select
    comparable.publication_id,
    published_month.calendar,
    published_month.period,
    published_month.reference_period,
    published_month.reference_ends_on,
    comparable.unit_code,
    comparable.reported_unit_code,
    case
        when split_unit.unit_code is not null then 'split'
        when comparable.reported_unit_code is null then 'no_predecessor'
        when not comparable.is_reference then 'ceased'
        else 'comparable'
    end as comparability
from comparable
inner join published_month
    on comparable.publication_id = published_month.publication_id
left join split_unit
    on
        comparable.publication_id = split_unit.publication_id
        and comparable.unit_code = split_unit.unit_code
