-- One row: a unit's dossiers resolved early, on time and late in a month, and pending at its end; provisional.
-- Made from mart.timeliness_month.
create or replace view bi.timeliness_month_provisional as
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
    fact.resolved_count,
    fact.resolved_early_count,
    fact.resolved_on_time_count,
    fact.resolved_late_count,
    fact.resolved_no_due_date_count,
    fact.pending_count,
    fact.pending_in_time_count,
    fact.pending_overdue_count,
    fact.pending_no_due_date_count,
    fact.pending_paused_count,
    fact.longest_overdue_days,
    round(
        100.0 * (fact.resolved_early_count + fact.resolved_on_time_count)
        / nullif(fact.resolved_count - fact.resolved_no_due_date_count, 0), 4
    ) as on_time_rate_percent
from mart.publication_unit
inner join mart.timeliness_month as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where publication_unit.is_in_flux;

comment on view bi.timeliness_month_provisional is 'Tiến độ giải quyết hồ sơ trong tháng, số liệu tạm tính của kỳ chưa công bố. | Timeliness of the month, by day of the due date, provisional and subject to change.';
comment on column bi.timeliness_month_provisional.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.timeliness_month_provisional.revision is 'Luôn trống: số liệu tạm tính không phải là lần công bố chính thức. | Always null: provisional figures are no official revision.';
comment on column bi.timeliness_month_provisional.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.timeliness_month_provisional.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.timeliness_month_provisional.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.timeliness_month_provisional.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.timeliness_month_provisional.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.timeliness_month_provisional.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.timeliness_month_provisional.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.timeliness_month_provisional.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.timeliness_month_provisional.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.timeliness_month_provisional.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.timeliness_month_provisional.resolved_count is 'Số hồ sơ đã giải quyết trong tháng; trống là chưa có số liệu. | Dossiers resolved in the month; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.resolved_early_count is 'Giải quyết trước hạn; trống là chưa có số liệu. | Resolved before the due day; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.resolved_on_time_count is 'Giải quyết đúng ngày hẹn trả; trống là chưa có số liệu. | Resolved on the due day; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.resolved_late_count is 'Giải quyết quá hạn; trống là chưa có số liệu. | Resolved after the due day; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.resolved_no_due_date_count is 'Đã giải quyết, không có ngày hẹn trả; trống là chưa có số liệu. | Resolved, without a due date: neither on time nor late; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.pending_count is 'Đang giải quyết cuối tháng; trống là chưa có số liệu. | Pending at the month''s end; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.pending_in_time_count is 'Đang giải quyết, chưa đến hạn; trống là chưa có số liệu. | Pending, not yet due; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.pending_overdue_count is 'Đang giải quyết, đã quá hạn; trống là chưa có số liệu. | Pending and overdue; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.pending_no_due_date_count is 'Đang giải quyết, không có ngày hẹn trả; trống là chưa có số liệu. | Pending, without a due date; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.pending_paused_count is 'Trong số đang giải quyết: chờ bổ sung, chờ nghĩa vụ tài chính hoặc dừng; trống là chưa có số liệu. | Of the pending ones: waiting for the applicant, or stopped; null is no data, never 0.';
comment on column bi.timeliness_month_provisional.longest_overdue_days is 'Số ngày quá hạn dài nhất của hồ sơ đang giải quyết; trống khi không có hồ sơ quá hạn. | Days by which the longest overdue pending dossier is late; null when none is.';
comment on column bi.timeliness_month_provisional.on_time_rate_percent is 'Tỷ lệ giải quyết trước và đúng hạn trên hồ sơ có ngày hẹn trả; trống khi không có. | Percent resolved early or on time of those with a due date; null when there are none.';
