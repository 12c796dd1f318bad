-- One row: a procedure of a unit in a month, received and resolved by channel and level at receipt; latest official revision.
-- Made from mart.procedure_month and the catalogue of the period's last day as the publication found it.
create or replace view bi.procedure_month as
select
    publication_unit.publication_id,
    publication_unit.revision,
    publication_unit.published_at,
    publication_unit.calendar,
    publication_unit.period,
    publication_unit.unit_code,
    publication_unit.unit_name_vi,
    publication_unit.unit_name_en,
    publication_unit.unit_group,
    publication_unit.unit_type,
    publication_unit.roster_order,
    publication_unit.reporting_status,
    fact.procedure_code,
    catalogue.name_vi as procedure_name_vi,
    catalogue.field_vi,
    catalogue.service_level,
    fact.received_count,
    fact.received_online_level_3_count,
    fact.received_online_level_4_count,
    fact.received_online_other_count,
    fact.received_direct_count,
    fact.received_post_count,
    fact.resolved_count,
    fact.resolved_online_level_3_count,
    fact.resolved_online_level_4_count,
    fact.resolved_online_other_count,
    fact.resolved_direct_count,
    fact.resolved_post_count,
    official.metric_id,
    official.metric_version,
    round(
        100.0 * mart.online_count(
            official.online_levels,
            fact.received_online_level_3_count,
            fact.received_online_level_4_count,
            fact.received_online_other_count
        ) / nullif(fact.received_count, 0), 4
    ) as received_online_rate_percent,
    round(
        100.0 * mart.online_count(
            official.online_levels,
            fact.resolved_online_level_3_count,
            fact.resolved_online_level_4_count,
            fact.resolved_online_other_count
        ) / nullif(fact.resolved_count, 0), 4
    ) as resolved_online_rate_percent,
    mart.online_count(
        official.online_levels,
        fact.received_online_level_3_count,
        fact.received_online_level_4_count,
        fact.received_online_other_count
    ) as received_online_count,
    mart.online_count(
        official.online_levels,
        fact.resolved_online_level_3_count,
        fact.resolved_online_level_4_count,
        fact.resolved_online_other_count
    ) as resolved_online_count
from mart.publication_unit
inner join mart.procedure_month as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
left join mart.metric_definition as official
    on
        publication_unit.publication_id = official.publication_id
        and official.is_official
left join mart.procedure_definition as catalogue
    on
        publication_unit.publication_id = catalogue.publication_id
        and fact.procedure_code = catalogue.procedure_code
where publication_unit.is_latest;

comment on view bi.procedure_month is 'Hồ sơ trong tháng theo đơn vị và thủ tục, lần công bố chính thức mới nhất. | Dossiers of the month by unit and procedure, latest official revision.';
comment on column bi.procedure_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.procedure_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.procedure_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.procedure_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.procedure_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.procedure_month.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.procedure_month.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.procedure_month.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.procedure_month.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.procedure_month.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.procedure_month.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.procedure_month.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.procedure_month.procedure_code is 'Mã thủ tục hành chính; chuỗi rỗng là hồ sơ không ghi thủ tục. | Procedure code; the empty text is dossiers without one: every unit has this row.';
comment on column bi.procedure_month.procedure_name_vi is 'Tên thủ tục theo danh mục cuối kỳ; trống khi không có trong danh mục. | Procedure name in the catalogue on the period''s last day; null when it is not there.';
comment on column bi.procedure_month.field_vi is 'Lĩnh vực. | Field.';
comment on column bi.procedure_month.service_level is 'Mức độ dịch vụ cuối kỳ: 2, 3, 4; 0 khi địa phương không phân mức; trống khi không có trong danh mục. | Service level on the period''s last day; 0 where the jurisdiction has no levels; null when the procedure is not in the catalogue.';
comment on column bi.procedure_month.received_count is 'Số hồ sơ tiếp nhận trong tháng; trống là chưa có số liệu. | Dossiers received in the month; null is no data, never 0.';
comment on column bi.procedure_month.received_online_level_3_count is 'Hồ sơ trực tuyến mức độ 3 tiếp nhận trong tháng; trống là chưa có số liệu. | Filed online at level 3, received in the month; null is no data, never 0.';
comment on column bi.procedure_month.received_online_level_4_count is 'Hồ sơ trực tuyến mức độ 4 tiếp nhận trong tháng; trống là chưa có số liệu. | Filed online at level 4, received in the month; null is no data, never 0.';
comment on column bi.procedure_month.received_online_other_count is 'Hồ sơ trực tuyến dưới mức 3 hoặc không rõ mức tiếp nhận trong tháng; trống là chưa có số liệu. | Filed online below level 3 or at an unknown level, received in the month; null is no data, never 0.';
comment on column bi.procedure_month.received_direct_count is 'Hồ sơ nộp trực tiếp tiếp nhận trong tháng; trống là chưa có số liệu. | Filed directly, received in the month; null is no data, never 0.';
comment on column bi.procedure_month.received_post_count is 'Hồ sơ nộp qua bưu chính công ích tiếp nhận trong tháng; trống là chưa có số liệu. | Filed by public post, received in the month; null is no data, never 0.';
comment on column bi.procedure_month.resolved_count is 'Số hồ sơ đã giải quyết trong tháng; trống là chưa có số liệu. | Dossiers resolved in the month; null is no data, never 0.';
comment on column bi.procedure_month.resolved_online_level_3_count is 'Hồ sơ trực tuyến mức độ 3 đã giải quyết trong tháng; trống là chưa có số liệu. | Filed online at level 3, resolved in the month; null is no data, never 0.';
comment on column bi.procedure_month.resolved_online_level_4_count is 'Hồ sơ trực tuyến mức độ 4 đã giải quyết trong tháng; trống là chưa có số liệu. | Filed online at level 4, resolved in the month; null is no data, never 0.';
comment on column bi.procedure_month.resolved_online_other_count is 'Hồ sơ trực tuyến dưới mức 3 hoặc không rõ mức đã giải quyết trong tháng; trống là chưa có số liệu. | Filed online below level 3 or at an unknown level, resolved in the month; null is no data, never 0.';
comment on column bi.procedure_month.resolved_direct_count is 'Hồ sơ nộp trực tiếp đã giải quyết trong tháng; trống là chưa có số liệu. | Filed directly, resolved in the month; null is no data, never 0.';
comment on column bi.procedure_month.resolved_post_count is 'Hồ sơ nộp qua bưu chính công ích đã giải quyết trong tháng; trống là chưa có số liệu. | Filed by public post, resolved in the month; null is no data, never 0.';
comment on column bi.procedure_month.received_online_rate_percent is 'Tỷ lệ phần trăm trực tuyến ở mức được tính (của chỉ số chính thức) trên hồ sơ tiếp nhận trong tháng; trống khi không có hồ sơ hoặc chưa có số liệu. | Percent filed online, at the levels that the official metric counts, of those received in the month; null without a dossier or without data.';
comment on column bi.procedure_month.resolved_online_rate_percent is 'Tỷ lệ phần trăm trực tuyến ở mức được tính (của chỉ số chính thức) trên hồ sơ đã giải quyết trong tháng; trống khi không có hồ sơ hoặc chưa có số liệu. | Percent filed online, at the levels that the official metric counts, of those resolved in the month; null without a dossier or without data.';
comment on column bi.procedure_month.received_online_count is 'Tử số của received_online_rate_percent: hồ sơ tiếp nhận trực tuyến ở mức được tính; mẫu số là received_count; trống là chưa có số liệu, hoặc mức được tính không tách được. | Numerator of received_online_rate_percent: those received online at the levels that count; its denominator is received_count; null is no data, or levels that are not told apart.';
comment on column bi.procedure_month.resolved_online_count is 'Tử số của resolved_online_rate_percent: hồ sơ đã giải quyết trực tuyến ở mức được tính; mẫu số là resolved_count; trống là chưa có số liệu, hoặc mức được tính không tách được. | Numerator of resolved_online_rate_percent: those resolved online at the levels that count; its denominator is resolved_count; null is no data, or levels that are not told apart.';
comment on column bi.procedure_month.metric_id is 'Chỉ số chính thức của kỳ, quy định mức được tính. | The period''s official metric, which says which levels count.';
comment on column bi.procedure_month.metric_version is 'Phiên bản định nghĩa chỉ số; không so sánh giữa các phiên bản. | Version of the metric''s definition; versions are not comparable.';
