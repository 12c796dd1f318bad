-- One row: a unit's form II.06a of a month, columns 3 to 13; provisional.
-- Made from mart.form_06a.
create or replace view bi.form_06a_provisional as
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
    fact.figures_from,
    fact.received_total,
    fact.received_online,
    fact.received_direct,
    fact.carried_over,
    fact.resolved_total,
    fact.resolved_early,
    fact.resolved_on_time,
    fact.resolved_late,
    fact.pending_total,
    fact.pending_in_time,
    fact.pending_overdue,
    fact.withdrawn_received,
    fact.withdrawn_carried_over
from mart.publication_unit
inner join mart.form_06a as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where publication_unit.is_in_flux;

comment on view bi.form_06a_provisional is 'Biểu II.06a (TT 01/2020/TT-VPCP) theo đơn vị, số liệu tạm tính của kỳ chưa công bố. | Form II.06a by unit, provisional and subject to change.';
comment on column bi.form_06a_provisional.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.form_06a_provisional.revision is 'Luôn trống: số liệu tạm tính không phải là lần công bố chính thức. | Always null: provisional figures are no official revision.';
comment on column bi.form_06a_provisional.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.form_06a_provisional.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.form_06a_provisional.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.form_06a_provisional.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.form_06a_provisional.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.form_06a_provisional.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.form_06a_provisional.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.form_06a_provisional.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.form_06a_provisional.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.form_06a_provisional.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.form_06a_provisional.figures_from is 'Nguồn con số: dossiers (đếm từ hồ sơ), reported_total (biểu 06a đơn vị tự báo cáo); trống khi chưa có số liệu. | Where the figures come from: dossiers, or reported_total (the agency''s own form); null without data.';
comment on column bi.form_06a_provisional.received_total is 'Cột 3: tổng số tiếp nhận = 4 + 5 + 6; trống là chưa có số liệu. | Column 3: received, total = 4 + 5 + 6; null is no data, never 0.';
comment on column bi.form_06a_provisional.received_online is 'Cột 4: tiếp nhận trực tuyến; trống là chưa có số liệu. | Column 4: received online; null is no data, never 0.';
comment on column bi.form_06a_provisional.received_direct is 'Cột 5: tiếp nhận trực tiếp hoặc qua bưu chính; trống là chưa có số liệu. | Column 5: received directly or by post; null is no data, never 0.';
comment on column bi.form_06a_provisional.carried_over is 'Cột 6: từ kỳ trước chuyển sang; trống là chưa có số liệu. | Column 6: carried over from the month before; null is no data, never 0.';
comment on column bi.form_06a_provisional.resolved_total is 'Cột 7: đã giải quyết = 8 + 9 + 10; trống là chưa có số liệu. | Column 7: resolved = 8 + 9 + 10; null is no data, never 0.';
comment on column bi.form_06a_provisional.resolved_early is 'Cột 8: trước hạn; trống là chưa có số liệu. | Column 8: early; null is no data, never 0.';
comment on column bi.form_06a_provisional.resolved_on_time is 'Cột 9: đúng hạn, kể cả hồ sơ không có ngày hẹn trả; trống là chưa có số liệu. | Column 9: on time, those without a due date included; null is no data, never 0.';
comment on column bi.form_06a_provisional.resolved_late is 'Cột 10: quá hạn; trống là chưa có số liệu. | Column 10: late; null is no data, never 0.';
comment on column bi.form_06a_provisional.pending_total is 'Cột 11: đang giải quyết = 12 + 13; trống là chưa có số liệu. | Column 11: pending = 12 + 13; null is no data, never 0.';
comment on column bi.form_06a_provisional.pending_in_time is 'Cột 12: trong hạn, kể cả hồ sơ không có ngày hẹn trả; trống là chưa có số liệu. | Column 12: in time, those without a due date included; null is no data, never 0.';
comment on column bi.form_06a_provisional.pending_overdue is 'Cột 13: quá hạn; trống là chưa có số liệu. | Column 13: overdue; null is no data, never 0.';
comment on column bi.form_06a_provisional.withdrawn_received is 'Ngoài biểu: tiếp nhận và rút trong tháng, không tính ở cột nào; trống khi không biết. | Beside the form: received and withdrawn in the month, in none of its columns; null when not known.';
comment on column bi.form_06a_provisional.withdrawn_carried_over is 'Ngoài biểu: kỳ trước chuyển sang và rút trong tháng, không tính ở cột nào; trống khi không biết. | Beside the form: carried over and withdrawn in the month, in none of its columns; null when not known.';
