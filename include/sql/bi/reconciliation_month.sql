-- One row: two statements of the same thing held against each other for a unit and month; latest official revision.
-- Made from mart.reconciliation_month.
create or replace view bi.reconciliation_month as
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
    fact.comparison,
    fact.item,
    fact.status,
    fact.first_value,
    fact.second_value,
    fact.matched_count,
    fact.only_first_count,
    fact.only_second_count,
    fact.differing_count,
    fact.first_amount,
    fact.second_amount,
    fact.second_value - fact.first_value as difference_value
from mart.publication_unit
inner join mart.reconciliation_month as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where publication_unit.is_latest;

comment on view bi.reconciliation_month is 'Đối soát với biểu 06a đơn vị gửi và với cổng thanh toán, ngân hàng, lần công bố chính thức mới nhất. | Reconciliation with the agency''s form 06a and with gateway and bank, latest official revision.';
comment on column bi.reconciliation_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.reconciliation_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.reconciliation_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.reconciliation_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.reconciliation_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.reconciliation_month.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.reconciliation_month.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.reconciliation_month.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.reconciliation_month.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.reconciliation_month.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.reconciliation_month.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.reconciliation_month.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.reconciliation_month.comparison is 'Phép đối soát: form_06a (số đếm và biểu 06a đơn vị gửi), payment_agency_gateway, payment_agency_bank, payment_gateway_bank. | What is held against what: form_06a (our count and the agency''s form), or payments of two statements.';
comment on column bi.reconciliation_month.item is 'Cột của biểu 06a, hoặc payments. | Column of form 06a, or payments.';
comment on column bi.reconciliation_month.status is 'Kết quả: equal (khớp), different (lệch), not_stated (không có gì để so), no_data (chưa có hồ sơ). | Outcome: equal, different, not_stated (nothing to compare with) or no_data (no dossiers of ours).';
comment on column bi.reconciliation_month.first_value is 'Số của ta; hoặc số giao dịch ở bên thứ nhất. | Our count; or payments in the first statement.';
comment on column bi.reconciliation_month.second_value is 'Số đơn vị báo cáo; hoặc số giao dịch ở bên thứ hai. | The agency''s figure; or payments in the second statement.';
comment on column bi.reconciliation_month.matched_count is 'Giao dịch khớp ở cả hai bên. | Payments equal in both.';
comment on column bi.reconciliation_month.only_first_count is 'Giao dịch chỉ có ở bên thứ nhất. | Payments in the first only.';
comment on column bi.reconciliation_month.only_second_count is 'Giao dịch chỉ có ở bên thứ hai. | Payments in the second only.';
comment on column bi.reconciliation_month.differing_count is 'Giao dịch lệch số tiền, hoặc chỉ một bên ghi hoàn tiền. | Payments of another amount, or refunded in one only.';
comment on column bi.reconciliation_month.first_amount is 'Tổng tiền ở bên thứ nhất, đồng. | Amount in the first statement, đồng.';
comment on column bi.reconciliation_month.second_amount is 'Tổng tiền ở bên thứ hai, đồng. | Amount in the second statement, đồng.';
comment on column bi.reconciliation_month.difference_value is 'Chênh lệch: bên thứ hai trừ bên thứ nhất. | Second value minus first value.';
