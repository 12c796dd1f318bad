-- One row: a month, quarter or year of a calendar, with the moments at which it begins, ends, is due and closes.
-- Made from core.period and core.period_rollup, which synchronise fills from calendar.yaml.
create or replace view bi.period as
select
    calendar,
    period,
    'month' as period_kind,
    year,
    period as first_period,
    period as last_period,
    starts_on,
    ends_on - 1 as last_day,
    starts_at,
    ends_at,
    due_at,
    closes_at
from core.period
union all
select
    calendar,
    period,
    period_kind,
    year,
    first_period,
    last_period,
    starts_on,
    ends_on - 1 as last_day,
    starts_at,
    ends_at,
    due_at,
    closes_at
from core.period_rollup;

comment on view bi.period is 'Các kỳ báo cáo của hai lịch: tháng, quý, năm. | Periods of both calendars: months, quarters, years.';
comment on column bi.period.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.period.period is 'Mã kỳ: 2019-04, 2019-Q1, 2019. | Name: 2019-04, 2019-Q1, 2019.';
comment on column bi.period.period_kind is 'Loại kỳ: month (tháng), quarter (quý), year (năm). | Kind: month, quarter or year.';
comment on column bi.period.year is 'Năm. | Year.';
comment on column bi.period.first_period is 'Tháng đầu của kỳ. | Its first month.';
comment on column bi.period.last_period is 'Tháng cuối của kỳ. | Its last month.';
comment on column bi.period.starts_on is 'Ngày đầu. | First day.';
comment on column bi.period.last_day is 'Ngày cuối. | Last day.';
comment on column bi.period.starts_at is 'Thời điểm bắt đầu. | Moment at which it begins.';
comment on column bi.period.ends_at is 'Thời điểm kết thúc, không thuộc kỳ. | Moment at which it ends, not a part of it.';
comment on column bi.period.due_at is 'Hạn gửi số liệu. | Deliveries after this moment are late.';
comment on column bi.period.closes_at is 'Thời điểm khóa kỳ; số liệu đến sau làm phát sinh lần công bố mới. | What comes after this moment restates the period.';
