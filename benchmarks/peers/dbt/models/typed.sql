-- one row is: one record of the file, typed, with the rules it breaks
{{ config(pre_hook="set datestyle to 'SQL, DMY'") }}
with parsed as (
    select
        *,
        ma_ho_so as dossier_code,
        don_vi_xu_ly as unit_code,
        case kenh_thuc_hien when '1' then 'direct' when '2' then 'online' when '3' then 'post' end as channel,
        case when pg_input_is_valid(ngay_tiep_nhan, 'timestamp') then ngay_tiep_nhan::timestamp end as received_at,
        case when pg_input_is_valid(ngay_ket_thuc_xu_ly, 'timestamp') then ngay_ket_thuc_xu_ly::timestamp end as finished_at,
        case when pg_input_is_valid(ngay_hen_tra, 'timestamp') then ngay_hen_tra::timestamp end as due_at,
        case when pg_input_is_valid(ngay_nop_ho_so, 'timestamp') then ngay_nop_ho_so::timestamp end as submitted_at
    from {{ source('raw', 'dossier') }}
),

judged as (
    select
        *,
        array_remove(array[
            case when received_at is null then 'received_at' end,
            case when channel is null then 'channel' end,
            case when finished_at < received_at then 'finished_before_received' end,
            case when trang_thai_ho_so in ('9', '10') and finished_at is null then 'finished_without_date' end
        ], null) as reasons
    from parsed
)

select
    *,
    row_number() over (
        partition by unit_code, dossier_code, cardinality(reasons) > 0
        order by so_dong desc
    ) as occurrence
from judged
