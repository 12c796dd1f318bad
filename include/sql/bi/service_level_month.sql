-- One row: a service level of the catalogue in a month; latest official revision.
-- Made from mart.service_level_month.
create or replace view bi.service_level_month as
select
    publication_described.publication_id,
    publication_described.revision,
    publication_described.published_at,
    publication_described.calendar,
    publication_described.period,
    fact.service_level,
    fact.service_count,
    fact.with_dossier_count,
    fact.with_online_dossier_count,
    fact.without_dossier_count,
    fact.units_without_data_count
from ops.publication_described
inner join mart.service_level_month as fact
    on
        publication_described.publication_id = fact.publication_id
        and publication_described.period = fact.period
where publication_described.is_latest;

comment on view bi.service_level_month is 'Dịch vụ công theo mức độ và số thủ tục không phát sinh hồ sơ, lần công bố chính thức mới nhất. | Services by level, and those without a dossier, latest official revision.';
comment on column bi.service_level_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.service_level_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.service_level_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.service_level_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.service_level_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.service_level_month.service_level is 'Mức độ dịch vụ theo danh mục cuối kỳ; 0 khi địa phương không phân mức. | Service level in the catalogue on the period''s last day; 0 where the jurisdiction has no levels.';
comment on column bi.service_level_month.service_count is 'Số thủ tục ở mức này. | Procedures at this level.';
comment on column bi.service_level_month.with_dossier_count is 'Số thủ tục có hồ sơ tiếp nhận trong tháng. | Procedures that received a dossier in the month.';
comment on column bi.service_level_month.with_online_dossier_count is 'Số thủ tục có hồ sơ trực tuyến trong tháng. | Procedures that received one online.';
comment on column bi.service_level_month.without_dossier_count is 'Số thủ tục không phát sinh hồ sơ. | Procedures without a dossier.';
comment on column bi.service_level_month.units_without_data_count is 'Số đơn vị chưa có số liệu hồ sơ: có thể đã phát sinh ở đó. | Units whose dossiers are not known: they may have had some.';
