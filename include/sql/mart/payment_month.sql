-- One row: a unit's dossiers resolved in the month by fee and by how it was paid; the online payment rate is paid_online over with_fee.
-- Filled by publication.build from period_unit: a fee is charged by the time a dossier is resolved. Online is the national or the local
-- gateway. A fee of 0 is no fee, one that is not stated is not known: amounts are those of the known fees, null where none is known.
-- Null where the unit did not report dossiers.
insert into mart.payment_month (
    publication_id, period, unit_code, resolved_count, with_fee_count, without_fee_count, fee_unknown_count, paid_online_count,
    national_gateway_count, local_gateway_count, counter_count, unpaid_count, method_unknown_count, fee_amount, paid_online_amount
)
with counted as (
    select
        unit_code,
        sum(dossier_count) as resolved_count,
        sum(dossier_count) filter (where fee_kind = 'charged') as with_fee_count,
        sum(dossier_count) filter (where fee_kind = 'free') as without_fee_count,
        sum(dossier_count) filter (where fee_kind is null) as fee_unknown_count,
        sum(dossier_count) filter (
            where fee_kind = 'charged' and payment_method in ('national_gateway', 'local_gateway')
        ) as paid_online_count,
        sum(dossier_count) filter (where fee_kind = 'charged' and payment_method = 'national_gateway') as national_gateway_count,
        sum(dossier_count) filter (where fee_kind = 'charged' and payment_method = 'local_gateway') as local_gateway_count,
        sum(dossier_count) filter (where fee_kind = 'charged' and payment_method = 'counter') as counter_count,
        sum(dossier_count) filter (where fee_kind = 'charged' and payment_method = 'none') as unpaid_count,
        sum(dossier_count) filter (where fee_kind = 'charged' and payment_method is null) as method_unknown_count,
        sum(fee_amount) as fee_amount,
        case
            when count(fee_amount) > 0
                then coalesce(sum(fee_amount) filter (where payment_method in ('national_gateway', 'local_gateway')), 0)
        end as paid_online_amount
    from period_unit
    where outcome = 'resolved'
    group by unit_code
)

select
    roster.publication_id,
    roster.period,
    roster.unit_code,
    case when roster.has_dossiers then coalesce(counted.resolved_count, 0) end as resolved_count,
    case when roster.has_dossiers then coalesce(counted.with_fee_count, 0) end as with_fee_count,
    case when roster.has_dossiers then coalesce(counted.without_fee_count, 0) end as without_fee_count,
    case when roster.has_dossiers then coalesce(counted.fee_unknown_count, 0) end as fee_unknown_count,
    case when roster.has_dossiers then coalesce(counted.paid_online_count, 0) end as paid_online_count,
    case when roster.has_dossiers then coalesce(counted.national_gateway_count, 0) end as national_gateway_count,
    case when roster.has_dossiers then coalesce(counted.local_gateway_count, 0) end as local_gateway_count,
    case when roster.has_dossiers then coalesce(counted.counter_count, 0) end as counter_count,
    case when roster.has_dossiers then coalesce(counted.unpaid_count, 0) end as unpaid_count,
    case when roster.has_dossiers then coalesce(counted.method_unknown_count, 0) end as method_unknown_count,
    case
        when roster.has_dossiers and counted.unit_code is null then 0
        when roster.has_dossiers then counted.fee_amount
    end as fee_amount,
    case
        when roster.has_dossiers and counted.unit_code is null then 0
        when roster.has_dossiers then counted.paid_online_amount
    end as paid_online_amount
from mart.publication_roster as roster
left join counted
    on roster.unit_code = counted.unit_code
where roster.publication_id = :publication_id
