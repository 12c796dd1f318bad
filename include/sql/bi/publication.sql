-- One row: a publication of a period, official or provisional, in whatever state.
-- Made from ops.publication, which publication.build, check, approve and publish fill.
create or replace view bi.publication as
select
    publication.publication_id,
    publication.calendar,
    publication.period,
    publication.kind,
    publication.revision,
    publication.state,
    described.is_latest,
    publication.reason,
    publication.requested_by,
    publication.approver,
    publication.approved_at,
    publication.as_of,
    publication.configuration_hash,
    publication.content_hash,
    publication.built_at,
    publication.checked_at,
    publication.published_at
from ops.publication
inner join ops.publication_described as described
    on
        publication.publication_id = described.publication_id
        and publication.period = described.period;

comment on view bi.publication is 'Các lần công bố: lý do, người duyệt, thời điểm chốt dữ liệu. | Publications: reason, approver, moment of the data.';
comment on column bi.publication.publication_id is 'Mã lần công bố. | Publication.';
comment on column bi.publication.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.publication.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.publication.kind is 'Loại: official (chính thức), provisional (tạm tính). | Kind: official or provisional.';
comment on column bi.publication.revision is 'Lần công bố chính thức của kỳ: 1, 2, …; trống khi chưa công bố hoặc tạm tính. | Official revision of the period; null while unpublished or provisional.';
comment on column bi.publication.state is 'Trạng thái: built, approved, published, refused (bị từ chối), unchanged (không thay đổi), replaced (đã thay thế). | State: built, approved, published, refused, unchanged or replaced.';
comment on column bi.publication.is_latest is 'Là lần công bố chính thức mới nhất của kỳ. | Whether it is the period''s latest official revision.';
comment on column bi.publication.reason is 'Lý do công bố. | Why it was made.';
comment on column bi.publication.requested_by is 'Người hoặc tiến trình yêu cầu. | Who asked for it.';
comment on column bi.publication.approver is 'Người duyệt. | Who approved it.';
comment on column bi.publication.approved_at is 'Thời điểm duyệt. | When it was approved.';
comment on column bi.publication.as_of is 'Số liệu theo những gì hệ thống biết tại thời điểm này. | The figures are from the data as known at this moment.';
comment on column bi.publication.configuration_hash is 'Mã băm của cấu hình đã dùng. | Hash of the configuration used.';
comment on column bi.publication.content_hash is 'Mã băm của các con số. | Hash of the figures.';
comment on column bi.publication.built_at is 'Thời điểm lập. | When it was built.';
comment on column bi.publication.checked_at is 'Thời điểm kiểm tra. | When it was checked.';
comment on column bi.publication.published_at is 'Thời điểm công bố. | When it was published.';
