-- Whether a text names a time of day that the clocks of the session's timezone skip, where summer time begins.
-- moment: what it was read as. A time that the clocks show twice means the second; a day without a time is never skipped.
create or replace function staging.is_skipped_time(value text, formats text[], patterns text[], moment timestamptz)
returns boolean
language sql stable strict parallel safe
return (
    value !~ '[T ].*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'
    and cast(staging.wall_clock_of(value, formats, patterns) as time) <> '00:00'
    and staging.wall_clock_of(value, formats, patterns) <> cast(moment as timestamp)
);
