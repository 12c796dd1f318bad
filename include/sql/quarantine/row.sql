-- One row is one refused record of a delivery with all its reasons. Filled from the delivery's staging tables: the record
-- as text by canonical field, without personal data.
insert into quarantine.row (delivery_id, row_number, raw, reasons)
select
    :delivery_id as delivery_id,
    typed.row_number,
    jsonb_strip_nulls(to_jsonb(staged) - cast(:beside_fields as text[])) as raw,
    typed.reasons
from {{ typed }} as typed
inner join {{ staging }} as staged on typed.staged_at = staged.ctid
where typed.reasons is not null
on conflict (delivery_id, row_number) do update set raw = excluded.raw, reasons = excluded.reasons, state = 'open'
