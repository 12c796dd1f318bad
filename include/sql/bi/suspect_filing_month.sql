-- One row: a unit's dossiers filed online in a month and how many of them are suspected; latest official revision.
-- Made from mart.suspect_filing_month.
create or replace view bi.suspect_filing_month as
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
    fact.received_count,
    fact.online_count,
    fact.burst_count,
    fact.same_applicant_count,
    fact.counter_assisted_count,
    fact.same_minute_count,
    fact.suspected_count,
    fact.is_rate_jump,
    fact.earlier_online_count,
    fact.earlier_received_count,
    fact.online_count - fact.suspected_count as adjusted_online_count,
    round(100.0 * fact.online_count / nullif(fact.received_count, 0), 4) as rate_percent,
    round(100.0 * (fact.online_count - fact.suspected_count) / nullif(fact.received_count, 0), 4) as adjusted_rate_percent
from mart.publication_unit
inner join mart.suspect_filing_month as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where publication_unit.is_latest;

comment on view bi.suspect_filing_month is 'Hồ sơ trực tuyến có dấu hiệu nghi vấn, chỉ để kiểm tra, lần công bố chính thức mới nhất. | Online filing that looks arranged, a reason to look and no refusal, latest official revision.';
comment on column bi.suspect_filing_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.suspect_filing_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.suspect_filing_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.suspect_filing_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.suspect_filing_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.suspect_filing_month.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.suspect_filing_month.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.suspect_filing_month.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.suspect_filing_month.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.suspect_filing_month.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.suspect_filing_month.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.suspect_filing_month.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.suspect_filing_month.received_count is 'Số hồ sơ tiếp nhận trong tháng; trống là chưa có số liệu. | Dossiers received in the month; null is no data, never 0.';
comment on column bi.suspect_filing_month.online_count is 'Trong đó nộp trực tuyến ở mức được tính; trống là chưa có số liệu. | Of those, filed online at the levels that count; null is no data, never 0.';
comment on column bi.suspect_filing_month.burst_count is 'Nghi vấn: nhiều hồ sơ nộp trong cùng một phút; hồ sơ chỉ ghi ngày, không ghi giờ thì không xét; trống là chưa có số liệu, hoặc không hồ sơ nào ghi giờ. | Suspected: many filed within one minute; days without a time are not judged; null is no data, or no dossier with a time, never 0.';
comment on column bi.suspect_filing_month.same_applicant_count is 'Nghi vấn: nhiều hồ sơ của cùng một người nộp trong tháng; trống là chưa có số liệu. | Suspected: many of one applicant in the month; null is no data, never 0.';
comment on column bi.suspect_filing_month.counter_assisted_count is 'Nghi vấn: tiếp nhận trong vài phút sau khi nộp, như nộp hộ tại quầy; hồ sơ chỉ ghi ngày, không ghi giờ thì không xét; trống là chưa có số liệu, hoặc không hồ sơ nào ghi giờ. | Suspected: accepted within minutes of filing, as at the counter; days without a time are not judged; null is no data, or no dossier with a time, never 0.';
comment on column bi.suspect_filing_month.same_minute_count is 'Nghi vấn: có kết quả ngay trong phút nộp; hồ sơ chỉ ghi ngày, không ghi giờ thì không xét; trống là chưa có số liệu, hoặc không hồ sơ nào ghi giờ. | Suspected: finished in the minute in which it was filed; days without a time are not judged; null is no data, or no dossier with a time, never 0.';
comment on column bi.suspect_filing_month.suspected_count is 'Số hồ sơ trực tuyến có ít nhất một nghi vấn; trống là chưa có số liệu. | Online dossiers suspected for any reason; null is no data, never 0.';
comment on column bi.suspect_filing_month.is_rate_jump is 'Tỷ lệ trực tuyến tăng đột biến so với các tháng trước; trống khi không đủ để so. | Whether the online share jumped over the months before; null when there is too little to compare.';
comment on column bi.suspect_filing_month.earlier_online_count is 'Hồ sơ trực tuyến các tháng so sánh. | Online dossiers of the months compared with.';
comment on column bi.suspect_filing_month.earlier_received_count is 'Hồ sơ tiếp nhận các tháng so sánh. | Dossiers received in the months compared with.';
comment on column bi.suspect_filing_month.adjusted_online_count is 'Hồ sơ trực tuyến không nghi vấn. | Online dossiers that are not suspected.';
comment on column bi.suspect_filing_month.rate_percent is 'Tỷ lệ trực tuyến trên hồ sơ tiếp nhận. | Online share of the dossiers received, percent.';
comment on column bi.suspect_filing_month.adjusted_rate_percent is 'Tỷ lệ trực tuyến sau khi bỏ hồ sơ nghi vấn. | Online share without the suspected ones, percent.';
