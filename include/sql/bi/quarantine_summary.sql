-- One row: how many open quarantined rows of a source and period broke a rule.
-- Made from quarantine.row; a row that broke several rules counts once in each.
create or replace view bi.quarantine_summary as
select
    delivery.period,
    delivery.source_id,
    reason.value ->> 'rule' as rule,
    count(distinct (quarantined.delivery_id, quarantined.row_number)) as row_count,
    min(reason.value ->> 'remedy') as remedy
from quarantine.row as quarantined
inner join ops.delivery
    on quarantined.delivery_id = delivery.delivery_id
cross join lateral jsonb_array_elements(quarantined.reasons) as reason (value)
where quarantined.state = 'open'
group by delivery.period, delivery.source_id, reason.value ->> 'rule';

comment on view bi.quarantine_summary is 'Số dòng đang bị cách ly theo nguồn, kỳ và lỗi. | Open quarantined rows by source, period and rule.';
comment on column bi.quarantine_summary.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.quarantine_summary.source_id is 'Mã nguồn. | Source.';
comment on column bi.quarantine_summary.rule is 'Quy tắc bị vi phạm. | Rule broken.';
comment on column bi.quarantine_summary.row_count is 'Số dòng đang mở. | Open rows.';
comment on column bi.quarantine_summary.remedy is 'Cách khắc phục. | What to do.';
