-- One row: an alert and where it stands in its life.
-- Made from ops.alert, which notice.evaluate fills after each publication.
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
    silenced_until,
    silenced_reason
from ops.alert;

comment on view bi.alert is 'Cảnh báo và tình trạng xử lý. | Alerts and their state.';
comment on column bi.alert.alert_id is 'Mã cảnh báo. | Alert.';
comment on column bi.alert.alert_key is 'Khóa cảnh báo. | Key of the alert.';
comment on column bi.alert.rule is 'Quy tắc cảnh báo. | Alert rule.';
comment on column bi.alert.unit_code is 'Mã đơn vị; trống khi không thuộc một đơn vị. | Unit; null when it concerns no single one.';
comment on column bi.alert.period is 'Kỳ phát sinh cảnh báo. | Period that opened it.';
comment on column bi.alert.publication_id is 'Lần công bố phát sinh cảnh báo. | Publication that opened it.';
comment on column bi.alert.state is 'Trạng thái: open, acknowledged, resolved, silenced. | State: open, acknowledged, resolved or silenced.';
comment on column bi.alert.severity is 'Mức độ. | Severity.';
comment on column bi.alert.message_vi is 'Nội dung. | Message in Vietnamese.';
comment on column bi.alert.opened_at is 'Thời điểm mở. | When it was opened.';
comment on column bi.alert.changed_at is 'Thời điểm thay đổi gần nhất. | When it last changed.';
comment on column bi.alert.changed_by is 'Người thay đổi. | Who changed it.';
comment on column bi.alert.silenced_until is 'Tạm tắt đến ngày. | Silenced until.';
comment on column bi.alert.silenced_reason is 'Lý do tạm tắt. | Why it is silenced.';
