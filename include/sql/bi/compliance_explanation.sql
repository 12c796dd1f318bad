-- One row: a dossier that touches a unit's month, or a part of its own form 06a, and whether and why a metric of the period's latest
-- official revision counts it.
-- Made from mart.compliance_explained. Filter by period and unit: without them every dossier is looked at once a publication and metric.
create or replace view bi.compliance_explanation as
select
    explained.publication_id,
    publication_described.revision,
    publication_described.calendar,
    explained.period,
    explained.month,
    explained.unit_code,
    explained.metric_id,
    explained.metric_version,
    explained.desk,
    explained.dossier_code,
    explained.channel,
    explained.service_level,
    explained.status_group,
    explained.received_at,
    explained.finished_at,
    explained.source_id,
    explained.delivery_id,
    explained.figures_from,
    explained.dossier_count,
    explained.is_in_numerator,
    explained.is_in_denominator,
    explained.reason,
    explained.reason_vi
from mart.compliance_explained as explained
inner join ops.publication_described
    on
        explained.publication_id = publication_described.publication_id
        and explained.period = publication_described.period
where publication_described.is_latest;

comment on view bi.compliance_explanation is 'Từng hồ sơ, hoặc từng phần của biểu 06a đơn vị tự báo cáo, đằng sau con số công bố mới nhất: được tính hay không, vì sao; cộng dossier_count; hãy lọc theo kỳ và đơn vị. | The dossiers, or the parts of the agency''s own form 06a, behind the latest official figures: whether and why each is counted; sum dossier_count; filter by period and unit.';
comment on column bi.compliance_explanation.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.compliance_explanation.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.compliance_explanation.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.compliance_explanation.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.compliance_explanation.month is 'Tháng của năm được tính, đến hết kỳ; bằng kỳ báo cáo là số của tháng. | Month of the year counted, up to the period; those of the period itself are the month''s figure, all together the year to date.';
comment on column bi.compliance_explanation.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.compliance_explanation.metric_id is 'Mã chỉ số. | Metric.';
comment on column bi.compliance_explanation.metric_version is 'Phiên bản định nghĩa chỉ số. | Version of the metric''s definition.';
comment on column bi.compliance_explanation.desk is 'Nơi giải quyết: own (tại đơn vị), communes (cấp xã). | Desk that handled it: the unit''s own, or communes.';
comment on column bi.compliance_explanation.dossier_code is 'Mã hồ sơ; trống là phần của biểu 06a. | Dossier code; null for a part of a form 06a.';
comment on column bi.compliance_explanation.channel is 'Kênh thực hiện: online (trực tuyến), direct (trực tiếp), post (bưu chính công ích), internal (cơ quan tự lập: không tính). | Channel: online, direct, post or internal (opened by the authority itself: not counted).';
comment on column bi.compliance_explanation.service_level is 'Mức độ của thủ tục khi tiếp nhận; trống là không rõ. | Level of the procedure at receipt; null is unknown.';
comment on column bi.compliance_explanation.status_group is 'Nhóm trạng thái: not_accepted, in_process, paused, withdrawn, resolved. | Group of its status: not_accepted, in_process, paused, withdrawn or resolved.';
comment on column bi.compliance_explanation.received_at is 'Thời điểm tiếp nhận. | When it was received.';
comment on column bi.compliance_explanation.finished_at is 'Thời điểm kết thúc xử lý. | When its handling ended.';
comment on column bi.compliance_explanation.source_id is 'Mã nguồn. | Source.';
comment on column bi.compliance_explanation.delivery_id is 'Lần nhận số liệu cho biết tình trạng này. | Delivery that told this state.';
comment on column bi.compliance_explanation.figures_from is 'dossiers: một hồ sơ; reported_total: một phần của biểu 06a đơn vị tự báo cáo, không có hồ sơ để liệt kê. | dossiers: one dossier; reported_total: a part of the agency''s own form 06a, of which no dossier can be listed.';
comment on column bi.compliance_explanation.dossier_count is 'Số hồ sơ mà dòng này đại diện: 1, hoặc con số nêu trong biểu 06a. | Dossiers that the row stands for: 1, or what the form states.';
comment on column bi.compliance_explanation.is_in_numerator is 'Thuộc tử số. | Whether it is counted in the numerator.';
comment on column bi.compliance_explanation.is_in_denominator is 'Thuộc mẫu số. | Whether it is counted in the denominator.';
comment on column bi.compliance_explanation.reason is 'Lý do được tính hoặc không được tính. | Why it is counted, or why not.';
comment on column bi.compliance_explanation.reason_vi is 'Lý do bằng lời. | The reason in words, in Vietnamese.';
