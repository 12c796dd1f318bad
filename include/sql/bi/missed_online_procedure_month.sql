-- One row: a procedure of a unit whose dossiers of a month could have been filed online; latest official revision.
-- Made from mart.missed_online_month and the catalogue of the period's last day as the publication found it.
create or replace view bi.missed_online_procedure_month as
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
    fact.eligible_count,
    fact.online_count,
    fact.direct_count,
    fact.post_count,
    round(100.0 * fact.direct_count / nullif(fact.eligible_count, 0), 4) as missed_rate_percent
from mart.publication_unit
inner join mart.missed_online_month as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
left join mart.procedure_definition as catalogue
    on
        publication_unit.publication_id = catalogue.publication_id
        and fact.procedure_code = catalogue.procedure_code
where publication_unit.is_latest;

comment on view bi.missed_online_procedure_month is 'Hồ sơ nộp trực tiếp dù thủ tục được cung cấp trực tuyến, theo thủ tục, lần công bố chính thức mới nhất. | Dossiers filed directly though offered online, by procedure, latest official revision.';
comment on column bi.missed_online_procedure_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.missed_online_procedure_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.missed_online_procedure_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.missed_online_procedure_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.missed_online_procedure_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.missed_online_procedure_month.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.missed_online_procedure_month.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.missed_online_procedure_month.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.missed_online_procedure_month.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.missed_online_procedure_month.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.missed_online_procedure_month.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.missed_online_procedure_month.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.missed_online_procedure_month.procedure_code is 'Mã thủ tục hành chính; chuỗi rỗng là hồ sơ không ghi thủ tục. | Procedure code; the empty text is dossiers without one: every unit has this row.';
comment on column bi.missed_online_procedure_month.procedure_name_vi is 'Tên thủ tục theo danh mục cuối kỳ; trống khi không có trong danh mục. | Procedure name in the catalogue on the period''s last day; null when it is not there.';
comment on column bi.missed_online_procedure_month.field_vi is 'Lĩnh vực. | Field.';
comment on column bi.missed_online_procedure_month.service_level is 'Mức độ dịch vụ cuối kỳ: 2, 3, 4; 0 khi địa phương không phân mức; trống khi không có trong danh mục. | Service level on the period''s last day; 0 where the jurisdiction has no levels; null when the procedure is not in the catalogue.';
comment on column bi.missed_online_procedure_month.eligible_count is 'Hồ sơ tiếp nhận của thủ tục được cung cấp trực tuyến tại thời điểm tiếp nhận; trống là chưa có số liệu. | Received on procedures offered online at receipt; null is no data, never 0.';
comment on column bi.missed_online_procedure_month.online_count is 'Trong đó nộp trực tuyến; trống là chưa có số liệu. | Of those, filed online; null is no data, never 0.';
comment on column bi.missed_online_procedure_month.direct_count is 'Trong đó nộp trực tiếp: cơ hội trực tuyến bị bỏ lỡ; trống là chưa có số liệu. | Of those, filed directly: the missed ones; null is no data, never 0.';
comment on column bi.missed_online_procedure_month.post_count is 'Trong đó nộp qua bưu chính công ích; trống là chưa có số liệu. | Of those, filed by public post; null is no data, never 0.';
comment on column bi.missed_online_procedure_month.missed_rate_percent is 'Tỷ lệ nộp trực tiếp trên hồ sơ có thể nộp trực tuyến; trống khi không có. | Percent filed directly of those that could have been online; null when there are none.';
