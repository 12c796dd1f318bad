-- One row: how many open quarantined rows of a source and period broke a rule.
-- Made from quarantine.row; a row that broke several rules counts once in each.
create or replace view bi.quarantine_summary as
with broken_rule as (
    select
        quarantined.delivery_id,
        quarantined.row_number,
        reason.value ->> 'rule' as rule,
        min(reason.value ->> 'remedy') as remedy
    from quarantine.row as quarantined
    cross join lateral jsonb_array_elements(quarantined.reasons) as reason (value)
    where quarantined.state = 'open'
    group by quarantined.delivery_id, quarantined.row_number, reason.value ->> 'rule'
)

select
    delivery.period,
    delivery.source_id,
    broken_rule.rule,
    count(*) as row_count,
    min(broken_rule.remedy) as remedy
from broken_rule
inner join ops.delivery
    on broken_rule.delivery_id = delivery.delivery_id
group by delivery.period, delivery.source_id, broken_rule.rule;

comment on view bi.quarantine_summary is 'Số dòng đang bị cách ly theo nguồn, kỳ và lỗi. | Open quarantined rows by source, period and rule.';
comment on column bi.quarantine_summary.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.quarantine_summary.source_id is 'Mã nguồn. | Source.';
comment on column bi.quarantine_summary.rule is 'Quy tắc bị vi phạm. | Rule broken.';
comment on column bi.quarantine_summary.row_count is 'Số dòng đang mở. | Open rows.';
comment on column bi.quarantine_summary.remedy is 'Cách khắc phục. | What to do.';
