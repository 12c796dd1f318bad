-- One row is one year in which the clocks of a timezone are not changed, with the seconds that they are ahead of UTC, as the server knows
-- the timezone: looked at every six days until the next year has begun. Read when a delivery is loaded, for the dates in its columns.
with looked as (
    select
        years.calendar_year,
        make_timestamp(years.calendar_year, 1, 1, 0, 0, 0) + make_interval(days => steps.day_number) as local_time
    from generate_series(cast(:first_year as integer), cast(:last_year as integer)) as years (calendar_year)
    cross join generate_series(0, 366, 6) as steps (day_number)
),

seen as (
    select
        calendar_year,
        cast(extract(epoch from local_time - timezone('UTC', timezone(:timezone, local_time))) as integer) as offset_seconds
    from looked
)

select
    calendar_year,
    min(offset_seconds) as offset_seconds
from seen
group by calendar_year
having min(offset_seconds) = max(offset_seconds)
