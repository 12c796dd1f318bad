-- The moment that a text means in the session's timezone, by the formats its source declares; null when it means none of them.
-- Formats: yyyyMMddHHmmss, yyyyMMdd, dd/MM/yyyy or MM/dd/yyyy, with HH:mm or HH:mm:ss or without, iso,
-- excel (days since 1899-12-30) and excel_1904 (days since 1904-01-01), from 1954 to 2103.
-- The caller sets datestyle to SQL, DMY (SQL, MDY for the formats that begin with MM): PostgreSQL reads much that is no date, so a
-- date must be written again exactly as it was read (half the cost of a regular expression). With another datestyle none is.
-- One expression, so that the planner puts it in place and leaves out the formats not declared.
create or replace function staging.timestamp_of(value text, formats text[]) returns timestamptz
language sql stable parallel safe
return case
    when value is null then null
    when
        octet_length(value) = 16 and substr(value, 3, 1) = '/' and substr(value, 7, 1) between '1' and '2'
        and ('dd/MM/yyyy HH:mm' = any(formats) or 'MM/dd/yyyy HH:mm' = any(formats))
        and pg_input_is_valid(value, 'timestamp') and cast(cast(value as timestamp) as text) = value || ':00'
        then cast(value as timestamptz)
    when
        octet_length(value) = 19 and substr(value, 3, 1) = '/' and substr(value, 7, 1) between '1' and '2'
        and ('dd/MM/yyyy HH:mm:ss' = any(formats) or 'MM/dd/yyyy HH:mm:ss' = any(formats))
        and pg_input_is_valid(value, 'timestamp') and cast(cast(value as timestamp) as text) = value
        then cast(value as timestamptz)
    when
        octet_length(value) = 10 and substr(value, 3, 1) = '/' and substr(value, 7, 1) between '1' and '2'
        and ('dd/MM/yyyy' = any(formats) or 'MM/dd/yyyy' = any(formats))
        and pg_input_is_valid(value, 'date') and cast(cast(value as date) as text) = value
        then cast(value as timestamptz)
    when
        'yyyyMMddHHmmss' = any(formats) and octet_length(value) = 14 and value between '1' and '3' and value ~ '^[0-9]+$'
        and pg_input_is_valid(left(value, 8), 'date')
        and substr(value, 9, 2) < '24' and substr(value, 11, 2) < '60' and substr(value, 13, 2) < '60'
        then cast((left(value, 8) || ' ' || right(value, 6)) as timestamptz)
    when
        'yyyyMMdd' = any(formats) and octet_length(value) = 8 and value between '1' and '3' and value ~ '^[0-9]+$'
        and pg_input_is_valid(value, 'date')
        then cast(value as timestamptz)
    when
        'iso' = any(formats) and octet_length(value) between 10 and 35
        and value ~ (
            '^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])'
            || '([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{1,9})?)?( ?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?))?)?$'
        )
        and (substr(value, 9, 2) < '29' or pg_input_is_valid(left(value, 10), 'date'))
        then cast(value as timestamptz)
    when
        'excel' = any(formats) and octet_length(value) between 5 and 24
        and value ~ '^\d{5}([.]\d+)?$'
        and cast(value as numeric) between 20000 and 73050
        then cast(
            timestamp '1899-12-30'
            + make_interval(secs => cast(round(cast(value as numeric) * 86400) as double precision))
            as timestamptz
        )
    when
        'excel_1904' = any(formats) and octet_length(value) between 5 and 24
        and value ~ '^\d{5}([.]\d+)?$'
        and cast(value as numeric) between 18538 and 73050
        then cast(
            timestamp '1904-01-01'
            + make_interval(secs => cast(round(cast(value as numeric) * 86400) as double precision))
            as timestamptz
        )
end;
