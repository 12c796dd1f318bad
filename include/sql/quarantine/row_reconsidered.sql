-- One row is one record that is refused when its delivery is judged again. A row that was refused before keeps its moment; one that a
-- steward dismissed stays dismissed; one that had been taken is open again. Rows that stand so already are left alone.
insert into quarantine.row as held (delivery_id, row_number, raw, reasons)
select
    :delivery_id as delivery_id,
    typed.row_number,
    jsonb_strip_nulls(to_jsonb(staged) - cast(:beside_fields as text[])) as raw,
    typed.reasons
from {{ typed }} as typed
inner join {{ staging }} as staged on typed.staged_at = staged.ctid
where typed.reasons is not null
on conflict (delivery_id, row_number) do update
    set
        raw = excluded.raw,
        reasons = excluded.reasons,
        state = case when held.state = 'dismissed' then 'dismissed' else 'open' end,
        outcome = null,
        replayed_at = null,
        replayed_by = null
    where (held.raw, held.reasons) is distinct from (excluded.raw, excluded.reasons) or held.state = 'replayed'
