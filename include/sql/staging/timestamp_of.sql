-- The moment that a text means in the session's timezone, by the formats its source declares; null when it means none of them.
-- Formats: yyyyMMddHHmmss, yyyyMMdd, dd/MM/yyyy[ HH:mm[:ss]], MM/dd/yyyy[ HH:mm[:ss]], iso, excel (days since 1899-12-30, 1954 to 2099).
-- The caller sets datestyle to ISO, DMY (or ISO, MDY for formats that begin with MM). Days up to 28 exist in every month, so that
-- only the others are tried. One expression, so that the planner puts it in place and leaves out the formats not declared.
create or replace function staging.timestamp_of(value text, formats text []) returns timestamptz
language sql stable parallel safe
return case
    when value is null then null
    when
        'yyyyMMddHHmmss' = any(formats) and octet_length(value) = 14
        and value ~ '^[12]\d{3}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d$'
        and (substr(value, 7, 2) < '29' or pg_input_is_valid(left(value, 8), 'date'))
        then (left(value, 8) || ' ' || right(value, 6))::timestamptz
    when
        'yyyyMMdd' = any(formats) and octet_length(value) = 8
        and value ~ '^[12]\d{3}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$'
        and (right(value, 2) < '29' or pg_input_is_valid(value, 'date'))
        then value::timestamptz
    when
        'dd/MM/yyyy HH:mm' = any(formats) and octet_length(value) = 16
        and value ~ '^(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/[12]\d{3} ([01]\d|2[0-3]):[0-5]\d$'
        and (left(value, 2) < '29' or pg_input_is_valid(value, 'timestamp'))
        then value::timestamptz
    when
        'dd/MM/yyyy HH:mm:ss' = any(formats) and octet_length(value) = 19
        and value ~ '^(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/[12]\d{3} ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$'
        and (left(value, 2) < '29' or pg_input_is_valid(value, 'timestamp'))
        then value::timestamptz
    when
        'dd/MM/yyyy' = any(formats) and octet_length(value) = 10
        and value ~ '^(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/[12]\d{3}$'
        and (left(value, 2) < '29' or pg_input_is_valid(value, 'date'))
        then value::timestamptz
    when
        'MM/dd/yyyy HH:mm' = any(formats) and octet_length(value) = 16
        and value ~ '^(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/[12]\d{3} ([01]\d|2[0-3]):[0-5]\d$'
        and pg_input_is_valid(value, 'timestamp')
        then value::timestamptz
    when
        'MM/dd/yyyy HH:mm:ss' = any(formats) and octet_length(value) = 19
        and value ~ '^(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/[12]\d{3} ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$'
        and pg_input_is_valid(value, 'timestamp')
        then value::timestamptz
    when
        'MM/dd/yyyy' = any(formats) and octet_length(value) = 10
        and value ~ '^(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/[12]\d{3}$'
        and pg_input_is_valid(value, 'date')
        then value::timestamptz
    when
        'iso' = any(formats) and octet_length(value) between 10 and 35
        and value ~ '^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{1,9})?)?( ?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?))?)?$'
        and (substr(value, 9, 2) < '29' or pg_input_is_valid(left(value, 10), 'date'))
        then value::timestamptz
    when
        'excel' = any(formats) and octet_length(value) between 5 and 24
        and value ~ '^\d{5}([.]\d+)?$'
        and value::numeric between 20000 and 73050
        then (timestamp '1899-12-30' + make_interval(secs => round(value::numeric * 86400)::double precision))::timestamptz
end;
