-- One row: an accepted delivery that a full one is compared with, of the same month or of the last month before that has any: the
-- last full delivery of each, and the changes that came after it.
with accepted as (
    select
        delivery.delivery_id,
        delivery.period,
        delivery.observed_at,
        delivery.is_full
    from ops.delivery
    where
        delivery.source_id = :source_id
        and delivery.state = 'accepted'
        and delivery.delivery_id <> :delivery_id
        and (
            delivery.period < :period
            or (
                delivery.period = :period
                and (
                    delivery.observed_at < :observed_at
                    or (delivery.observed_at = :observed_at and (delivery.delivery_id < :delivery_id or :delivery_id < 0))
                )
            )
        )
),

month_before as (
    select max(period) as period
    from accepted
    where period < :period
),

last_full as (
    select distinct on (accepted.period)
        accepted.period,
        accepted.observed_at,
        accepted.delivery_id
    from accepted
    cross join month_before
    where
        accepted.is_full
        and (accepted.period = :period or accepted.period = month_before.period)
    order by accepted.period asc, accepted.observed_at desc, accepted.delivery_id desc
)

select
    accepted.delivery_id,
    accepted.period = :period as is_same_period
from accepted
inner join last_full
    on
        accepted.period = last_full.period
        and (
            accepted.delivery_id = last_full.delivery_id
            or (not accepted.is_full and accepted.observed_at >= last_full.observed_at)
        )
order by accepted.delivery_id
