-- One row: a unit's score for emulation in a month; latest official revision.
-- Made from mart.emulation_score.
create or replace view bi.emulation_score as
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
    fact.formula_version,
    fact.title_vi,
    fact.title_en,
    fact.points,
    fact.max_points,
    fact.rank,
    round(100.0 * fact.points / nullif(fact.max_points, 0), 4) as score_percent
from mart.publication_unit
inner join mart.emulation_score as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where
    publication_unit.is_latest
    and fact.part_id = 'total';

comment on view bi.emulation_score is 'Điểm thi đua theo đơn vị, lần công bố chính thức mới nhất. | Emulation score by unit, latest official revision.';
comment on column bi.emulation_score.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.emulation_score.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.emulation_score.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.emulation_score.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.emulation_score.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.emulation_score.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.emulation_score.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.emulation_score.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.emulation_score.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.emulation_score.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.emulation_score.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.emulation_score.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.emulation_score.formula_version is 'Phiên bản công thức. | Version of the formula.';
comment on column bi.emulation_score.title_vi is 'Tên. | Title in Vietnamese.';
comment on column bi.emulation_score.title_en is 'Tên bằng tiếng Anh. | Title in English.';
comment on column bi.emulation_score.points is 'Điểm đạt được; trống khi không có số liệu. | Points; null without data.';
comment on column bi.emulation_score.max_points is 'Điểm tối đa của các phần được tính. | The most that the parts counted can bring.';
comment on column bi.emulation_score.rank is 'Hạng trong nhóm theo điểm trên điểm tối đa (1, 2, 2, 4). | Rank within the group by points over maximum (1, 2, 2, 4).';
comment on column bi.emulation_score.score_percent is 'Điểm trên điểm tối đa, phần trăm. | Points over maximum, percent.';
