-- one row is: one record of the file, typed, with the rules it breaks; the same rules as ours
with parsed as (
    select
        *,
        ho_so.ma_ho_so as dossier_code,
        ho_so.don_vi_xu_ly as unit_code,
        case ho_so.kenh_thuc_hien when '1' then 'direct' when '2' then 'online' when '3' then 'post' end as channel,
        case when pg_input_is_valid(regexp_replace(ho_so.ngay_tiep_nhan, '^(\d+)/(\d+)/(\d+)(.*)$', '\3-\2-\1\4'), 'timestamp')
            then regexp_replace(ho_so.ngay_tiep_nhan, '^(\d+)/(\d+)/(\d+)(.*)$', '\3-\2-\1\4')::timestamp
        end as received_at,
        case when pg_input_is_valid(regexp_replace(ho_so.ngay_ket_thuc_xu_ly, '^(\d+)/(\d+)/(\d+)(.*)$', '\3-\2-\1\4'), 'timestamp')
            then regexp_replace(ho_so.ngay_ket_thuc_xu_ly, '^(\d+)/(\d+)/(\d+)(.*)$', '\3-\2-\1\4')::timestamp
        end as finished_at,
        case when pg_input_is_valid(regexp_replace(ho_so.ngay_hen_tra, '^(\d+)/(\d+)/(\d+)(.*)$', '\3-\2-\1\4'), 'timestamp')
            then regexp_replace(ho_so.ngay_hen_tra, '^(\d+)/(\d+)/(\d+)(.*)$', '\3-\2-\1\4')::timestamp
        end as due_at,
        case when pg_input_is_valid(regexp_replace(ho_so.ngay_nop_ho_so, '^(\d+)/(\d+)/(\d+)(.*)$', '\3-\2-\1\4'), 'timestamp')
            then regexp_replace(ho_so.ngay_nop_ho_so, '^(\d+)/(\d+)/(\d+)(.*)$', '\3-\2-\1\4')::timestamp
        end as submitted_at
    from {{ source('raw', 'dossier') }} as ho_so
),

judged as (
    select
        *,
        row_number() over (partition by unit_code, dossier_code order by received_at desc nulls last) as occurrence,
        array_remove(array[
            case when received_at is null then 'received_at' end,
            case when channel is null then 'channel' end,
            case when finished_at < received_at then 'finished_before_received' end,
            case when trang_thai_ho_so in ('9', '10') and finished_at is null then 'finished_without_date' end
        ], null) as reasons
    from parsed
)

select * from judged
