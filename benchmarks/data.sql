-- one row is: one synthetic dossier as an agency's CSV gives it, all text; fills the benchmark's files through COPY
-- 1 % of the rows carry a fault: a receipt date that does not exist, finished before received, an unknown channel, a
-- repeated code. Codes begin with their unit's own number, as national ones do. A changed month differs in the fee of every twentieth dossier.
-- Of a month that others followed one dossier of many stays open, because no later month's file here tells how the others ended: they end
-- in it.
with numbered as (
    select
        i,
        i = k as is_first,
        hashint8extended(k, {{ seed }}) & 2147483647 as a,
        hashint8extended(k, {{ seed }} + 1) & 2147483647 as b,
        hashint8extended(k, {{ seed }} + 2) & 2147483647 as c,
        k,
        1 + k % cardinality({{ units }}) as unit_number,
        {{ month_start }}::timestamp + (k::double precision / {{ dossiers }}) * interval '28 days' as received
    from (
        select
            i,
            case when i % 500 = 0 then i - 1 else i end as k -- a repeated row tells of the dossier before it
        from generate_series(1, {{ dossiers }}::bigint) as series (i)
    ) as series
),

shaped as (
    select
        *,
        case
            when a % {{ one_open_of }} <> 0
                then least(received + (b % 9000) * interval '1 minute', {{ month_start }}::timestamp + interval '28 days' - interval '1 minute')
            else received + (b % 9000) * interval '1 minute'
        end as finished,
        {{ month_start }}::timestamp + interval '28 days' as known_until
    from numbered
    where ({{ units }})[unit_number] = any({{ units_of_source }})
)

select
    '000.00.' || lpad((unit_number + 9)::text, 2, '0') || '.H02-' || to_char(received, 'YYMMDD') || '-' || lpad(k::text, 8, '0') as "MaHoSo",
    ({{ units }})[unit_number] as "DonViXuLy",
    ({{ procedures }})[1 + a % cardinality({{ procedures }})] as "MaTTHC",
    'Cấp giấy chứng nhận đủ điều kiện kinh doanh và đăng ký thay đổi nội dung số ' || a % 900 as "TenTTHC",
    case when i % 397 = 0 then '9' when c % 5 = 0 then '2' when c % 31 = 0 then '3' else '1' end as "KenhThucHien",
    '' as "MucDo",
    case when finished < known_until then '10' else '4' end as "TrangThaiHoSo",
    (1 + a % 4)::text as "LoaiDoiTuong",
    'Người nộp thử ' || a as "ChuHoSo",
    lpad(a::text, 12, '0') as "SoGiayTo",
    'nguoi.nop.' || a || '@example.invalid' as "Email",
    '000' || lpad((b % 10000000)::text, 7, '0') as "SoDienThoai",
    '' as "NoiNopHoSo",
    to_char(received - interval '20 minutes', 'DD/MM/YYYY HH24:MI') as "NgayNopHoSo",
    case when i % 401 = 0 then '31/02/2019 08:00' else to_char(received, 'DD/MM/YYYY HH24:MI') end as "NgayTiepNhan",
    case when a % 17 = 0 then '' else to_char(received + interval '5 days', 'DD/MM/YYYY') end as "NgayHenTra",
    case
        when finished >= known_until then ''
        when i % 293 = 0 then to_char(received - interval '3 days', 'DD/MM/YYYY HH24:MI')
        else to_char(finished, 'DD/MM/YYYY HH24:MI')
    end as "NgayKetThucXuLy",
    '' as "NgayTra",
    ((a % 20) * 10000 + case when {{ is_changed }} and c % 20 = 7 then 5000 else 0 end)::text as "LePhi",
    case when is_first then b % 4 else 0 end::text as "HinhThucThanhToan"
from shaped
order by i
