-- one row is: one synthetic dossier as an agency's CSV gives it, all text; fills the benchmark's file through COPY
-- 1 % of the rows carry a fault: a date that does not exist, finished before received, an unknown channel, a repeated code.
with numbered as (
    select
        i,
        hashint8extended(i, 1) & 2147483647 as a,
        hashint8extended(i, 2) & 2147483647 as b,
        hashint8extended(i, 3) & 2147483647 as c,
        {{ month_start }}::timestamp + (i::double precision / {{ dossiers }}) * interval '28 days' as received
    from generate_series(1, {{ dossiers }}) as series (i)
),

shaped as (
    select
        *,
        received + (b % 9000) * interval '1 minute' as finished
    from numbered
)

select
    '000.00.' || lpad((a % 28 + 10)::text, 2, '0') || '.H02-' || to_char(received, 'YYMMDD') || '-'
    || lpad((case when i % 500 = 0 then i - 1 else i end)::text, 8, '0') as "MaHoSo",
    ({{ units }})[1 + (i - case when i % 500 = 0 then 1 else 0 end) % {{ unit_count }}] as "DonViXuLy",
    ({{ procedures }})[1 + a % {{ procedure_count }}] as "MaTTHC",
    'Cấp giấy chứng nhận đủ điều kiện kinh doanh và đăng ký thay đổi nội dung số ' || a % 900 as "TenTTHC",
    case when i % 997 = 0 then '9' when c % 5 = 0 then '2' when c % 31 = 0 then '3' else '1' end as "KenhThucHien",
    '' as "MucDo",
    case when finished < {{ month_start }}::timestamp + interval '28 days' then '10' else '4' end as "TrangThaiHoSo",
    (1 + a % 4)::text as "LoaiDoiTuong",
    'Người nộp thử ' || a as "ChuHoSo",
    lpad(a::text, 12, '0') as "SoGiayTo",
    'nguoi.nop.' || a || '@example.invalid' as "Email",
    '000' || lpad((b % 10000000)::text, 7, '0') as "SoDienThoai",
    '' as "NoiNopHoSo",
    to_char(received - interval '20 minutes', 'DD/MM/YYYY HH24:MI') as "NgayNopHoSo",
    case when i % 1009 = 0 then '31/02/2019 08:00' else to_char(received, 'DD/MM/YYYY HH24:MI') end as "NgayTiepNhan",
    case when a % 17 = 0 then '' else to_char(received + interval '5 days', 'DD/MM/YYYY') end as "NgayHenTra",
    case
        when finished >= {{ month_start }}::timestamp + interval '28 days' then ''
        when i % 491 = 0 then to_char(received - interval '3 days', 'DD/MM/YYYY HH24:MI')
        else to_char(finished, 'DD/MM/YYYY HH24:MI')
    end as "NgayKetThucXuLy",
    '' as "NgayTra",
    ((a % 20) * 10000)::text as "LePhi",
    (b % 4)::text as "HinhThucThanhToan"
from shaped
order by i
