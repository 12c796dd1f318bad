-- One row: a delivery of the period, newest first, with what its agency was told.
-- Read by the page: deliveries, a unit's sheet.
select
    delivery.delivery_id,
    delivery.source_id,
    delivery.period,
    delivery.state,
    delivery.delivered_at,
    delivery.pulled_at,
    delivery.record_count,
    delivery.accepted_count,
    delivery.quarantined_count,
    delivery.reasons,
    delivery.decided_by,
    delivery.decision_note,
    coalesce(answer.told_count, 0) as told_count,
    coalesce(answer.has_data_docs, false) as has_data_docs
from bi.delivery
left join bi.delivery_answer as answer
    on delivery.delivery_id = answer.delivery_id
where delivery.period = :period
order by delivery.pulled_at desc, delivery.source_id asc
