-- The moment that a text means in the session's timezone, by the formats and patterns its source declares; null when it means
-- none, or a time of day that the clocks skip, where summer time begins.
create or replace function staging.moment_of(value text, formats text[], patterns text[], has_skipped_times boolean)
returns timestamptz
language sql stable parallel safe
return case
    when
        has_skipped_times
        and staging.is_skipped_time(
            value, formats, patterns,
            coalesce(staging.timestamp_of(value, formats), staging.timestamp_by_pattern(value, patterns))
        )
        then null
    else coalesce(staging.timestamp_of(value, formats), staging.timestamp_by_pattern(value, patterns))
end;
