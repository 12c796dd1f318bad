-- One row: how many dossiers of a unit that the month concerns are alike in how they came, what became of them, in which time, for which
-- fee. Filled by publication.build from the two views of period_dossier, for the marts that count by unit. Dropped with the transaction.
-- Dossiers of a unit that has ended are those of its successor (month_succession), beside its own.
-- Received and carried-over dossiers are counted apart, as in period_procedure; the arrival tells them apart.
-- fee_kind: null where the fee is not stated, as is payment_method; fee_amount: the sum of the stated fees. Words and no conditions: each
-- condition would double the rows that the planner expects, until it sorted all dossiers.
create temporary table period_unit on commit drop as
with counted as (
    {% for concerned in ["period_received", "period_carried"] %}
        select
            unit_code,
            payment_method,
            timeliness,
            case when not is_received then 'carried_over' when channel = 'online' then 'online' else 'direct' end as arrival,
            case
                when is_resolved then 'resolved'
                when is_withdrawn then 'withdrawn'
                when status_group = 'paused' then 'paused'
                else 'in_process'
            end as outcome,
            case when fee_amount > 0 then 'charged' when fee_amount = 0 then 'free' end as fee_kind,
            cast(count(*) as integer) as dossier_count,
            sum(fee_amount) as fee_amount,
            max(overdue_days) as longest_overdue_days
        from {{ concerned }}
        group by unit_code, payment_method, timeliness, arrival, outcome, fee_kind
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    counted.payment_method,
    counted.timeliness,
    counted.arrival,
    counted.outcome,
    counted.fee_kind,
    counted.dossier_count,
    counted.fee_amount,
    counted.longest_overdue_days,
    coalesce(succession.succeeding_unit_code, counted.unit_code) as unit_code
from counted
left join month_succession as succession
    on
        counted.unit_code = succession.unit_code
        and succession.period = :period
