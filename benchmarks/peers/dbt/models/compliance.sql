-- one row is: one unit
select
    unit_code,
    count(*) filter (where channel = 'online') as numerator,
    count(*) as denominator
from {{ ref('dossier') }}
where trang_thai_ho_so in ('9', '10')
group by unit_code
