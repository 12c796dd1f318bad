-- The moment that a text means in the session's timezone, by patterns that timestamp_of does not know; null when by none.
-- patterns: rows of a regular expression and what it is rewritten to, in ISO 8601, as onestop.jurisdiction.timestamp_formats
-- makes them. No text has two meanings: patterns that contradict each other are not accepted in a source.
create or replace function staging.timestamp_by_pattern(value text, patterns text[]) returns timestamptz
language sql stable strict parallel safe
return (
    select cast(regexp_replace(value, patterns[place][1], patterns[place][2]) as timestamptz)
    from generate_subscripts(patterns, 1) as place
    where
        octet_length(value) <= 40
        and value ~ patterns[place][1]
        and pg_input_is_valid(regexp_replace(value, patterns[place][1], patterns[place][2]), 'timestamptz')
    order by place
    limit 1
);
