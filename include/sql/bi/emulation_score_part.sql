-- One row: a part of a unit's score in a month, with the figure it looks at; latest official revision.
-- Made from mart.emulation_score.
create or replace view bi.emulation_score_part as
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
    fact.part_id,
    fact.formula_version,
    fact.title_vi,
    fact.title_en,
    fact.figure,
    fact.numerator,
    fact.denominator,
    fact.points,
    fact.max_points,
    round(100.0 * fact.numerator / nullif(fact.denominator, 0), 4) as value_percent
from mart.publication_unit
inner join mart.emulation_score as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where
    publication_unit.is_latest
    and fact.part_id <> 'total';

comment on view bi.emulation_score_part is 'Từng phần của điểm thi đua và con số làm căn cứ, lần công bố chính thức mới nhất. | Each part of the emulation score, and the figure it looks at, latest official revision.';
comment on column bi.emulation_score_part.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.emulation_score_part.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.emulation_score_part.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.emulation_score_part.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.emulation_score_part.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.emulation_score_part.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.emulation_score_part.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.emulation_score_part.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.emulation_score_part.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.emulation_score_part.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.emulation_score_part.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.emulation_score_part.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.emulation_score_part.part_id is 'Mã phần điểm. | Part of the score.';
comment on column bi.emulation_score_part.formula_version is 'Phiên bản công thức. | Version of the formula.';
comment on column bi.emulation_score_part.title_vi is 'Tên. | Title in Vietnamese.';
comment on column bi.emulation_score_part.title_en is 'Tên bằng tiếng Anh. | Title in English.';
comment on column bi.emulation_score_part.figure is 'Con số công bố được dùng. | The published figure that it looks at.';
comment on column bi.emulation_score_part.numerator is 'Tử số của con số đó. | Numerator of that figure.';
comment on column bi.emulation_score_part.denominator is 'Mẫu số của con số đó. | Denominator of that figure.';
comment on column bi.emulation_score_part.points is 'Điểm đạt được; trống khi không có số liệu. | Points; null without data.';
comment on column bi.emulation_score_part.max_points is 'Điểm tối đa của các phần được tính. | The most that the parts counted can bring.';
comment on column bi.emulation_score_part.value_percent is 'Giá trị của con số đó, phần trăm. | Value of that figure, percent.';
