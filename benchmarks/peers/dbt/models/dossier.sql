-- one row is: one dossier
select
    dossier_code, unit_code, channel, trang_thai_ho_so, ma_tthc, received_at, finished_at, due_at, submitted_at,
    le_phi::numeric as fee_amount
from {{ ref('typed') }}
where cardinality(reasons) = 0 and occurrence = 1
