-- One row: a record that was taken and warned of by one rule, with what names it and the value that is odd. For the agency's error file.
select
    typed.row_number,
    staged.{{ code }} as code,
    to_jsonb(staged) ->> cast(:field as text) as seen
from {{ typed }} as typed
inner join {{ staging }} as staged on typed.staged_at = staged.ctid
where
    typed.reasons is null
    and :rule = any(typed.warnings)
order by typed.row_number
limit :most
