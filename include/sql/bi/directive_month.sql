-- One row: a register's entries of a unit or body in a month; latest official revision.
-- Made from mart.directive_month.
create or replace view bi.directive_month as
select
    publication_described.publication_id,
    publication_described.revision,
    publication_described.published_at,
    publication_described.calendar,
    publication_described.period,
    fact.register,
    fact.unit_code,
    fact.due_count,
    fact.done_count,
    fact.done_quantity,
    fact.open_count,
    fact.overdue_count,
    fact.done_in_year_count,
    coalesce(nullif(fact.body_name, ''), roster.unit_name_vi, fact.unit_code) as body_name
from ops.publication_described
inner join mart.directive_month as fact
    on
        publication_described.publication_id = fact.publication_id
        and publication_described.period = fact.period
left join mart.publication_unit as roster
    on
        fact.publication_id = roster.publication_id
        and fact.period = roster.period
        and fact.unit_code = roster.unit_code
where publication_described.is_latest;

comment on view bi.directive_month is 'Thực hiện chỉ đạo: kiểm điểm, tuyên truyền, mốc của cổng, lần công bố chính thức mới nhất. | What was ordered: reviews, activities and milestones, latest official revision.';
comment on column bi.directive_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.directive_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.directive_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.directive_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.directive_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.directive_month.register is 'Sổ theo dõi: accountability_review (kiểm điểm trách nhiệm), publicity_activity (tuyên truyền), portal_milestone (mốc của cổng). | Register: accountability_review, publicity_activity or portal_milestone.';
comment on column bi.directive_month.unit_code is 'Mã đơn vị; chuỗi rỗng là cơ quan ngoài danh sách. | Unit code; the empty text is a body that is not on the roster.';
comment on column bi.directive_month.due_count is 'Số việc đến hạn trong tháng; trống khi chưa có sổ. | Entries due in the month; null when the register is not kept.';
comment on column bi.directive_month.done_count is 'Số việc hoàn thành trong tháng. | Entries done in the month.';
comment on column bi.directive_month.done_quantity is 'Số lượng của các việc hoàn thành trong tháng: tin, bài, lượt; trống khi không ghi. | Quantity of those done: articles, broadcasts, people reached; null when none is stated.';
comment on column bi.directive_month.open_count is 'Số việc chưa hoàn thành cuối tháng. | Entries not done at the month''s end.';
comment on column bi.directive_month.overdue_count is 'Trong đó đã quá hạn. | Of those, overdue.';
comment on column bi.directive_month.done_in_year_count is 'Số việc hoàn thành từ đầu năm đến cuối tháng. | Entries done from the year''s beginning to the month''s end.';
comment on column bi.directive_month.body_name is 'Tên đơn vị hoặc cơ quan. | Name of the unit or body.';
