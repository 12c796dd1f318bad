-- One row: a refused record of a judged delivery, with what names it and all its reasons. For the agency's error file.
select
    typed.row_number,
    staged.{{ code }} as code,
    typed.reasons
from {{ typed }} as typed
inner join {{ staging }} as staged on typed.staged_at = staged.ctid
where typed.reasons is not null
order by typed.row_number
