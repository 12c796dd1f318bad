-- The whole number that a text means, by the number formats its source declares; null when it means none.
create or replace function staging.count_of(value text, formats text[]) returns bigint
language sql immutable parallel safe
return case
    when staging.amount_of(value, formats) = trunc(staging.amount_of(value, formats))
        then cast(staging.amount_of(value, formats) as bigint)
end;
