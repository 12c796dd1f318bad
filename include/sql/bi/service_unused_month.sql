-- One row: a procedure of the catalogue that received no dossier in a month; latest official revision.
-- Made from mart.service_level_month and the catalogue of the period's last day as the publication found it.
create or replace view bi.service_unused_month as
select
    publication_described.publication_id,
    publication_described.revision,
    publication_described.published_at,
    publication_described.calendar,
    publication_described.period,
    fact.service_level,
    unused.procedure_code,
    catalogue.name_vi as procedure_name_vi,
    catalogue.field_vi,
    fact.units_without_data_count
from ops.publication_described
inner join mart.service_level_month as fact
    on
        publication_described.publication_id = fact.publication_id
        and publication_described.period = fact.period
cross join lateral unnest(fact.procedures_without_dossier) as unused (procedure_code)
left join mart.procedure_definition as catalogue
    on
        publication_described.publication_id = catalogue.publication_id
        and unused.procedure_code = catalogue.procedure_code
where publication_described.is_latest;

comment on view bi.service_unused_month is 'Thủ tục không phát sinh hồ sơ trong tháng, lần công bố chính thức mới nhất. | Procedures without a dossier in the month, latest official revision.';
comment on column bi.service_unused_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.service_unused_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.service_unused_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.service_unused_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.service_unused_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.service_unused_month.service_level is 'Mức độ dịch vụ theo danh mục cuối kỳ; 0 khi địa phương không phân mức. | Service level in the catalogue on the period''s last day; 0 where the jurisdiction has no levels.';
comment on column bi.service_unused_month.procedure_code is 'Mã thủ tục hành chính. | Procedure code.';
comment on column bi.service_unused_month.procedure_name_vi is 'Tên thủ tục. | Procedure name.';
comment on column bi.service_unused_month.field_vi is 'Lĩnh vực. | Field.';
comment on column bi.service_unused_month.units_without_data_count is 'Số đơn vị chưa có số liệu hồ sơ: có thể đã phát sinh ở đó. | Units whose dossiers are not known: they may have had some.';
