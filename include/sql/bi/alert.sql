-- One row: an alert and where it stands in its life.
-- Made from ops.alert, which notice.evaluate fills after each publication and notice.watch every day.
create or replace view bi.alert as
select
    alert_id,
    alert_key,
    rule,
    unit_code,
    period,
    publication_id,
    state,
    severity,
    message_vi,
    opened_at,
    changed_at,
    changed_by,
    resolution,
    silenced_until,
    silenced_reason
from ops.alert;

comment on view bi.alert is 'Cảnh báo và tình trạng xử lý. | Alerts and their state.';
comment on column bi.alert.alert_id is 'Mã cảnh báo. | Alert.';
comment on column bi.alert.alert_key is 'Khóa cảnh báo: quy tắc, đơn vị, phạm vi, năm; hoặc quy tắc, đơn vị, kỳ. | Key of the alert: rule, unit, scope, year; or rule, unit, period.';
comment on column bi.alert.rule is 'Quy tắc cảnh báo. | Alert rule.';
comment on column bi.alert.unit_code is 'Mã đơn vị; trống khi không thuộc một đơn vị. | Unit; null when it concerns no single one.';
comment on column bi.alert.period is 'Kỳ phát sinh cảnh báo, hoặc kỳ còn thiếu số liệu. | Period that opened it, or the month whose figures are missing.';
comment on column bi.alert.publication_id is 'Lần công bố phát sinh cảnh báo; trống khi phát sinh qua theo dõi hằng ngày. | Publication that opened it; null when the daily watch did.';
comment on column bi.alert.state is 'Trạng thái: open, acknowledged, resolved, silenced. | State: open, acknowledged, resolved or silenced.';
comment on column bi.alert.severity is 'Mức độ. | Severity.';
comment on column bi.alert.message_vi is 'Nội dung. | Message in Vietnamese.';
comment on column bi.alert.opened_at is 'Thời điểm mở. | When it was opened.';
comment on column bi.alert.changed_at is 'Thời điểm đổi trạng thái gần nhất. | When its state last changed.';
comment on column bi.alert.changed_by is 'Người hoặc tiến trình đổi trạng thái. | Who or what changed its state.';
comment on column bi.alert.resolution is 'Lý do kết thúc: ceased (hết điều kiện cảnh báo), lapsed (không còn theo dõi); trống khi chưa kết thúc. | Why it ended: ceased (its condition is met no longer) or lapsed (no longer watched); null while it has not.';
comment on column bi.alert.silenced_until is 'Ngày cuối của thời hạn tạm tắt gần nhất. | Last day of its latest silence.';
comment on column bi.alert.silenced_reason is 'Lý do tạm tắt gần nhất. | Reason of its latest silence.';
