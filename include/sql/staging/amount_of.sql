-- The amount that a text means, by the number formats its source declares; null when by none of them.
-- Formats: plain (150000 or 150000.50), 1.234,5 and 1,234.5 (thousands in groups of three, or not separated at all).
-- A whole number that is written again as it was read is one in every format, for a third of the price of a regular expression
-- (concat: so that a constant is not converted before it was looked at).
-- 1.234 is one thousand or one, by what is declared, and nothing where that is plain: amounts have two decimals at most.
create or replace function staging.amount_of(value text, formats text[]) returns numeric(18, 2)
language sql stable parallel safe
return case
    when value is null or octet_length(value) > 20 then null
    when
        octet_length(value) <= 15 and not starts_with(value, '-') and formats && array['plain', '1.234,5', '1,234.5']
        and pg_input_is_valid(value, 'bigint') and cast(cast(concat(value) as bigint) as text) = value
        then cast(cast(concat(value) as bigint) as numeric)
    when 'plain' = any(formats) and value ~ '^[0-9]{1,15}([.][0-9]{1,2})?$' then cast(value as numeric)
    when '1.234,5' = any(formats) and value ~ '^([0-9]{1,3}([.][0-9]{3}){1,4}|[0-9]{1,15})(,[0-9]{1,2})?$'
        then cast(translate(value, ',.', '.') as numeric)
    when '1,234.5' = any(formats) and value ~ '^([0-9]{1,3}(,[0-9]{3}){1,4}|[0-9]{1,15})([.][0-9]{1,2})?$'
        then cast(replace(value, ',', '') as numeric)
end;
