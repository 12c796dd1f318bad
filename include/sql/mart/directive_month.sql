-- One row: a register's entries of a unit on the roster, or of a body that is not on it, in the month: due, done, open and overdue.
-- Filled by publication.build from core.register_entry; every unit has its row in every register. A register of which nothing is known is
-- not kept: null, and not zero. Overdue is what was due before the end of the month, or before the moment of the data, and not done by
-- then.
insert into mart.directive_month (
    publication_id, period, register, unit_code, body_name, due_count, done_count, done_quantity, open_count, overdue_count,
    done_in_year_count
)
with roster as (
    select
        roster.publication_id,
        roster.period,
        roster.starts_on,
        roster.ends_on,
        roster.unit_code,
        (
            select min(month_of_year.starts_on)
            from core.period as month_of_year
            where
                month_of_year.calendar = roster.calendar
                and month_of_year.year = roster.year
        ) as year_starts_on,
        cast(roster.measured_at at time zone :timezone as date) as measured_on
    from mart.publication_roster as roster
    where roster.publication_id = :publication_id
),

measured as (
    select distinct
        publication_id,
        period,
        starts_on,
        ends_on,
        year_starts_on,
        measured_on
    from roster
),

entry as (
    select
        known.register,
        known.due_on,
        known.quantity,
        coalesce(known.owner_unit_code, '') as unit_code,
        case when known.owner_unit_code is null then coalesce(known.body_name, '') else '' end as body_name,
        case when known.done_on < measured.ends_on then known.done_on end as done_on
    from core.register_entry_as_of(cast(:as_of as timestamptz)) as known
    cross join measured
),

register_kept as (
    select
        register.register,
        count(entry.register) > 0 as is_kept
    from (values ('accountability_review'), ('publicity_activity'), ('portal_milestone')) as register (register)
    left join entry
        on register.register = entry.register
    group by register.register
),

expected as (
    select
        register_kept.register,
        register_kept.is_kept,
        roster.unit_code,
        '' as body_name
    from roster
    cross join register_kept
    union
    select
        entry.register,
        true as is_kept,
        entry.unit_code,
        entry.body_name
    from entry
),

counted as (
    select
        entry.register,
        entry.unit_code,
        entry.body_name,
        count(*) filter (where entry.due_on >= measured.starts_on and entry.due_on < measured.ends_on) as due_count,
        count(*) filter (where entry.done_on >= measured.starts_on) as done_count,
        sum(entry.quantity) filter (where entry.done_on >= measured.starts_on) as done_quantity,
        count(*) filter (where entry.done_on is null) as open_count,
        count(*) filter (where entry.done_on is null and entry.due_on < measured.measured_on) as overdue_count,
        count(*) filter (where entry.done_on >= measured.year_starts_on) as done_in_year_count
    from entry
    cross join measured
    group by entry.register, entry.unit_code, entry.body_name
)

select
    measured.publication_id,
    measured.period,
    expected.register,
    expected.unit_code,
    expected.body_name,
    case when expected.is_kept then coalesce(counted.due_count, 0) end as due_count,
    case when expected.is_kept then coalesce(counted.done_count, 0) end as done_count,
    counted.done_quantity,
    case when expected.is_kept then coalesce(counted.open_count, 0) end as open_count,
    case when expected.is_kept then coalesce(counted.overdue_count, 0) end as overdue_count,
    case when expected.is_kept then coalesce(counted.done_in_year_count, 0) end as done_in_year_count
from expected
cross join measured
left join counted
    on
        expected.register = counted.register
        and expected.unit_code = counted.unit_code
        and expected.body_name = counted.body_name
