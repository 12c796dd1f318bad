-- One row: two statements of the same thing held against each other for a unit and the month; every unit has every comparison.
-- Filled by publication.build from form_06a and core.reported_total (ours against the agency's own), and from core.payment (agency,
-- gateway and bank, by payment code). not_stated: there is nothing to compare with, which is no difference; no_data: the unit reported no
-- dossiers. A payment belongs to the month of its first date in either statement, and is looked for in the other up to a month before and
-- after, by the jurisdiction's days. Failed payments are none. Paid at the counter is not expected at a gateway or bank, a bank transfer
-- not at a gateway: which ones are transfers the agency says, because a bank may call all that it receives so. A gateway's or bank's
-- statement is taken for delivered if it has a payment of any unit, an agency's if it has one of the unit.
insert into mart.reconciliation_month (
    publication_id, period, unit_code, comparison, item, status, first_value, second_value, matched_count, only_first_count,
    only_second_count, differing_count, first_amount, second_amount
)
with roster as (
    select
        publication_id,
        period,
        calendar,
        starts_at,
        ends_at,
        unit_code,
        has_dossiers
    from mart.publication_roster
    where publication_id = :publication_id
),

form_item as (
    select
        roster.publication_id,
        roster.period,
        roster.unit_code,
        item.item,
        case when roster.has_dossiers then item.first_value end as first_value,
        item.second_value
    from roster
    left join mart.form_06a as ours
        on
            roster.publication_id = ours.publication_id
            and roster.unit_code = ours.unit_code
    left join core.reported_total_as_of(cast(:as_of as timestamptz)) as stated
        on
            roster.unit_code = stated.owner_unit_code
            and roster.period = stated.period
            and roster.calendar = 'calendar'
    cross join lateral (
        values
        ('received_total', ours.received_total, stated.received_total),
        ('received_online', ours.received_online, stated.received_online),
        ('received_direct', ours.received_direct, stated.received_direct),
        ('carried_over', ours.carried_over, stated.carried_over),
        ('resolved_total', ours.resolved_total, stated.resolved_total),
        ('resolved_early', ours.resolved_early, stated.resolved_early),
        ('resolved_on_time', ours.resolved_on_time, stated.resolved_on_time),
        ('resolved_late', ours.resolved_late, stated.resolved_late),
        ('pending_total', ours.pending_total, stated.pending_total),
        ('pending_in_time', ours.pending_in_time, stated.pending_in_time),
        ('pending_overdue', ours.pending_overdue, stated.pending_overdue)
    ) as item (item, first_value, second_value)
),

payment as (
    select
        payment.owner_unit_code as unit_code,
        payment.statement,
        payment.payment_code,
        payment.payment_method,
        payment.status,
        payment.amount,
        payment.paid_at
    from core.payment_as_of(cast(:as_of as timestamptz)) as payment
    where
        payment.paid_at >= (cast(:starts_at as timestamptz) at time zone :timezone - interval '1 month') at time zone :timezone
        and payment.paid_at < (cast(:ends_at as timestamptz) at time zone :timezone + interval '1 month') at time zone :timezone
        and payment.status <> 'failed'
),

-- Paid past the gateway, as the agency says.
told_transfer as (
    select
        unit_code,
        payment_code
    from payment
    where
        statement = 'agency'
        and payment_method = 'bank_transfer'
),

comparison as (
    select
        comparison.comparison,
        comparison.first_statement,
        comparison.second_statement,
        comparison.payment_methods
    from (
        values
        ('payment_agency_gateway', 'agency', 'gateway', array['national_gateway', 'local_gateway']),
        ('payment_agency_bank', 'agency', 'bank', array['national_gateway', 'local_gateway', 'bank_transfer']),
        ('payment_gateway_bank', 'gateway', 'bank', array['national_gateway', 'local_gateway', 'bank_transfer'])
    ) as comparison (comparison, first_statement, second_statement, payment_methods)
),

first_payment as (
    select
        comparison.comparison,
        payment.unit_code,
        payment.payment_code,
        payment.status,
        payment.amount,
        payment.paid_at
    from comparison
    inner join payment
        on
            comparison.first_statement = payment.statement
            and payment.payment_method = any(comparison.payment_methods)
),

second_payment as (
    select
        comparison.comparison,
        payment.unit_code,
        payment.payment_code,
        payment.status,
        payment.amount,
        payment.paid_at,
        told_transfer.payment_code is not null as is_told_transfer
    from comparison
    inner join payment
        on
            comparison.second_statement = payment.statement
            and payment.payment_method = any(comparison.payment_methods)
    left join told_transfer
        on
            comparison.second_statement = 'bank'
            and payment.unit_code = told_transfer.unit_code
            and payment.payment_code = told_transfer.payment_code
),

paired as (
    select
        coalesce(first_payment.comparison, second_payment.comparison) as comparison,
        coalesce(first_payment.unit_code, second_payment.unit_code) as unit_code,
        first_payment.amount as first_amount,
        second_payment.amount as second_amount,
        first_payment.amount = second_payment.amount and first_payment.status = second_payment.status as is_equal,
        least(first_payment.paid_at, second_payment.paid_at) as paid_at
    from first_payment
    full join second_payment
        on
            first_payment.comparison = second_payment.comparison
            and first_payment.unit_code = second_payment.unit_code
            and first_payment.payment_code = second_payment.payment_code
    where
        first_payment.payment_code is not null
        or not second_payment.is_told_transfer
),

counted as (
    select
        comparison,
        unit_code,
        count(first_amount) as first_count,
        count(second_amount) as second_count,
        count(*) filter (where is_equal) as matched_count,
        count(*) filter (where second_amount is null) as only_first_count,
        count(*) filter (where first_amount is null) as only_second_count,
        count(*) filter (where not is_equal) as differing_count,
        sum(first_amount) as first_amount,
        sum(second_amount) as second_amount
    from paired
    where
        paid_at >= cast(:starts_at as timestamptz)
        and paid_at < cast(:ends_at as timestamptz)
    group by comparison, unit_code
),

stated_by as (
    select distinct
        statement,
        case when statement = 'agency' then unit_code end as unit_code
    from payment
    where
        paid_at >= cast(:starts_at as timestamptz)
        and paid_at < cast(:ends_at as timestamptz)
),

payment_item as (
    select
        roster.publication_id,
        roster.period,
        roster.unit_code,
        comparison.comparison,
        first_stated.statement is not null as is_first_stated,
        second_stated.statement is not null as is_second_stated,
        coalesce(counted.first_count, 0) as first_count,
        coalesce(counted.second_count, 0) as second_count,
        coalesce(counted.matched_count, 0) as matched_count,
        coalesce(counted.only_first_count, 0) as only_first_count,
        coalesce(counted.only_second_count, 0) as only_second_count,
        coalesce(counted.differing_count, 0) as differing_count,
        coalesce(counted.first_amount, 0) as first_amount,
        coalesce(counted.second_amount, 0) as second_amount
    from roster
    cross join comparison
    left join counted
        on
            roster.unit_code = counted.unit_code
            and comparison.comparison = counted.comparison
    left join stated_by as first_stated
        on
            comparison.first_statement = first_stated.statement
            and roster.unit_code = coalesce(first_stated.unit_code, roster.unit_code)
    left join stated_by as second_stated
        on comparison.second_statement = second_stated.statement
)

select
    publication_id,
    period,
    unit_code,
    'form_06a' as comparison,
    item,
    case
        when second_value is null then 'not_stated'
        when first_value is null then 'no_data'
        when first_value = second_value then 'equal'
        else 'different'
    end as status,
    first_value,
    second_value,
    null as matched_count,
    null as only_first_count,
    null as only_second_count,
    null as differing_count,
    null as first_amount,
    null as second_amount
from form_item
union all
select
    publication_id,
    period,
    unit_code,
    comparison,
    'payments' as item,
    case
        when not is_first_stated or not is_second_stated then 'not_stated'
        when only_first_count + only_second_count + differing_count = 0 then 'equal'
        else 'different'
    end as status,
    case when is_first_stated then first_count end as first_value,
    case when is_second_stated then second_count end as second_value,
    case when is_first_stated and is_second_stated then matched_count end as matched_count,
    case when is_first_stated and is_second_stated then only_first_count end as only_first_count,
    case when is_first_stated and is_second_stated then only_second_count end as only_second_count,
    case when is_first_stated and is_second_stated then differing_count end as differing_count,
    case when is_first_stated then first_amount end as first_amount,
    case when is_second_stated then second_amount end as second_amount
from payment_item
