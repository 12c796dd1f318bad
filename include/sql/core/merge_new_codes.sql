-- One row: a unit with rows that seem new, and the range of their codes.
select
    unit_code,
    min(dossier_code) as first_code,
    max(dossier_code) as last_code
from merge_row
where outcome = 'new'
group by unit_code
