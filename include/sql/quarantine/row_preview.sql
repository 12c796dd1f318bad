-- One row is one record of a file that would be refused, as it would stand in quarantine.
select
    typed.row_number,
    typed.reasons,
    jsonb_strip_nulls(to_jsonb(staged) - cast(:beside_fields as text[])) as raw
from {{ typed }} as typed
inner join {{ staging }} as staged on typed.staged_at = staged.ctid
where typed.reasons is not null
order by typed.row_number
limit :row_limit
