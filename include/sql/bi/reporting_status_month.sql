-- One row: whether a unit on the roster of a month reported, and which of its sources did not; latest official revision.
-- Made from mart.reporting_status_month of the period's own publication.
create or replace view bi.reporting_status_month as
select
    publication_described.publication_id,
    publication_described.revision,
    publication_described.published_at,
    publication_described.calendar,
    reporting.period,
    reporting.unit_code,
    unit.name_vi as unit_name_vi,
    unit.name_en as unit_name_en,
    unit.unit_group,
    unit.unit_type,
    unit.roster_order,
    reporting.reporting_status,
    reporting.sources_expected,
    reporting.sources_missing,
    reporting.detail,
    reporting.detail_vi,
    reporting.figures_from
from mart.reporting_status_month as reporting
inner join ops.publication_described
    on
        reporting.publication_id = publication_described.publication_id
        and reporting.period = publication_described.period
inner join core.unit
    on reporting.unit_key = unit.unit_key
where publication_described.is_latest;

comment on view bi.reporting_status_month is 'Tình trạng gửi số liệu của từng đơn vị trong tháng. | Reporting status of every unit of the month.';
comment on column bi.reporting_status_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.reporting_status_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.reporting_status_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.reporting_status_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.reporting_status_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.reporting_status_month.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.reporting_status_month.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.reporting_status_month.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.reporting_status_month.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.reporting_status_month.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.reporting_status_month.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.reporting_status_month.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.reporting_status_month.sources_expected is 'Số nguồn phải gửi. | Sources expected to deliver.';
comment on column bi.reporting_status_month.sources_missing is 'Các nguồn chưa có số liệu được chấp nhận. | Sources without an accepted delivery.';
comment on column bi.reporting_status_month.detail is 'Lỗi kỹ thuật gần nhất của nguồn chưa gửi, cho người vận hành. | Last failure of each missing source, for operators.';
comment on column bi.reporting_status_month.detail_vi is 'Lý do chưa có số liệu, bằng lời. | Why there is no data, in a Vietnamese sentence by the kind of failure.';
comment on column bi.reporting_status_month.figures_from is 'Đơn vị phải gửi: dossiers (hồ sơ), reported_total (biểu 06a); trống khi không nguồn nào phải gửi. | What is expected of the unit: dossiers or reported_total (form 06a); null when nothing is.';
