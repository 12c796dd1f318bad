-- What a text says a clock showed, whether or not the clocks of any place did; null when it is no date.
-- Read as a time of UTC, where none is skipped.
create or replace function staging.wall_clock_of(value text, formats text[], patterns text[]) returns timestamp
language sql stable parallel safe
set timezone = 'UTC'
return cast(
    coalesce(staging.timestamp_of(value, formats), staging.timestamp_by_pattern(value, patterns)) as timestamp
);
