-- One row: a unit's dossiers of a month that could have been filed online, summed over its procedures; provisional.
-- Made from mart.missed_online_month.
create or replace view bi.missed_online_month_provisional as
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
    sum(fact.eligible_count)::bigint as eligible_count,
    sum(fact.online_count)::bigint as online_count,
    sum(fact.direct_count)::bigint as direct_count,
    sum(fact.post_count)::bigint as post_count,
    round(100.0 * sum(fact.direct_count) / nullif(sum(fact.eligible_count), 0), 4) as missed_rate_percent
from mart.publication_unit
inner join mart.missed_online_month as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where publication_unit.is_in_flux
group by
    publication_unit.publication_id, publication_unit.revision, publication_unit.published_at, publication_unit.calendar,
    publication_unit.period, publication_unit.unit_code, publication_unit.unit_name_vi, publication_unit.unit_name_en,
    publication_unit.unit_group, publication_unit.unit_type, publication_unit.roster_order, publication_unit.reporting_status;

comment on view bi.missed_online_month_provisional is 'Hồ sơ nộp trực tiếp dù thủ tục được cung cấp trực tuyến, theo đơn vị, số liệu tạm tính của kỳ chưa công bố. | Dossiers filed directly though offered online, by unit, provisional and subject to change.';
comment on column bi.missed_online_month_provisional.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.missed_online_month_provisional.revision is 'Luôn trống: số liệu tạm tính không phải là lần công bố chính thức. | Always null: provisional figures are no official revision.';
comment on column bi.missed_online_month_provisional.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.missed_online_month_provisional.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.missed_online_month_provisional.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.missed_online_month_provisional.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.missed_online_month_provisional.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.missed_online_month_provisional.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.missed_online_month_provisional.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.missed_online_month_provisional.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.missed_online_month_provisional.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.missed_online_month_provisional.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.missed_online_month_provisional.eligible_count is 'Hồ sơ tiếp nhận của thủ tục được cung cấp trực tuyến tại thời điểm tiếp nhận; trống là chưa có số liệu. | Received on procedures offered online at receipt; null is no data, never 0.';
comment on column bi.missed_online_month_provisional.online_count is 'Trong đó nộp trực tuyến; trống là chưa có số liệu. | Of those, filed online; null is no data, never 0.';
comment on column bi.missed_online_month_provisional.direct_count is 'Trong đó nộp trực tiếp: cơ hội trực tuyến bị bỏ lỡ; trống là chưa có số liệu. | Of those, filed directly: the missed ones; null is no data, never 0.';
comment on column bi.missed_online_month_provisional.post_count is 'Trong đó nộp qua bưu chính công ích; trống là chưa có số liệu. | Of those, filed by public post; null is no data, never 0.';
comment on column bi.missed_online_month_provisional.missed_rate_percent is 'Tỷ lệ nộp trực tiếp trên hồ sơ có thể nộp trực tuyến; trống khi không có. | Percent filed directly of those that could have been online; null when there are none.';
