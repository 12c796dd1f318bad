-- One row: a source expected to deliver for a unit in a calendar month that the period overlaps, and its last delivery; latest official
-- revision.
-- Made from mart.quality_month.
create or replace view bi.quality_month as
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
    fact.source_id,
    fact.delivery_period,
    fact.dataset,
    fact.state,
    fact.delivery_count,
    fact.record_count,
    fact.accepted_count,
    fact.quarantined_count,
    fact.duplicate_count,
    fact.late_days,
    fact.is_unchanged,
    (
        select string_agg(rule.name || ': ' || rule.row_count, ', ' order by rule.name)
        from jsonb_each_text(fact.quarantined_by_rule) as rule (name, row_count)
    ) as quarantined_by_rule
from mart.publication_unit
inner join mart.quality_month as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where publication_unit.is_latest;

comment on view bi.quality_month is 'Chất lượng số liệu từng nguồn trong tháng, lần công bố chính thức mới nhất. | Quality of each source''s data in the month, latest official revision.';
comment on column bi.quality_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.quality_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.quality_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.quality_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.quality_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.quality_month.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.quality_month.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.quality_month.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.quality_month.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.quality_month.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.quality_month.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.quality_month.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.quality_month.source_id is 'Mã nguồn; chuỗi rỗng là không nguồn nào phải gửi. | Source; the empty text is that none is expected.';
comment on column bi.quality_month.delivery_period is 'Tháng dương lịch của lần giao số liệu: bằng kỳ báo cáo, hoặc một trong hai tháng mà kỳ từ ngày 15 đến ngày 14 giao với. | Calendar month of the delivery: the period itself, or one of the two that a period from the 15th to the 14th overlaps.';
comment on column bi.quality_month.dataset is 'Bộ dữ liệu. | Dataset.';
comment on column bi.quality_month.state is 'Lần nhận sau cùng: accepted, rejected, missing, not_expected. | The last delivery decided: accepted, rejected, missing or not_expected.';
comment on column bi.quality_month.delivery_count is 'Số lần nhận đã xử lý. | Deliveries decided.';
comment on column bi.quality_month.record_count is 'Số bản ghi của lần nhận sau cùng. | Records of the last one.';
comment on column bi.quality_month.accepted_count is 'Số bản ghi được chấp nhận. | Records accepted.';
comment on column bi.quality_month.quarantined_count is 'Số bản ghi bị cách ly. | Records quarantined.';
comment on column bi.quality_month.duplicate_count is 'Số dòng lặp lại hồ sơ trong cùng lần nhận. | Rows that repeat a dossier of the same delivery.';
comment on column bi.quality_month.late_days is 'Số ngày trễ của lần nhận đầu tiên được chấp nhận; 0 là đúng hạn, trống là không rõ. | Days by which the first accepted delivery was late; 0 is in time, null is not known.';
comment on column bi.quality_month.is_unchanged is 'Nội dung giống hệt tháng trước; trống khi không có gì để so. | Whether the bytes are those of the month before; null when there is nothing to compare.';
comment on column bi.quality_month.quarantined_by_rule is 'Số dòng bị cách ly theo quy tắc. | Quarantined rows by rule.';
