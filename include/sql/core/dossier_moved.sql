-- One row: a dossier as known now at one of several units at which its source has or had its code, and where it is counted: at the unit
-- where the source's last full delivery has it, of several at that which received it first; where none has it any more, at that where it
-- was seen last. Null where it is counted here. Of the codes in marked_dossier: withdrawn, missed or found again in this transaction, or
-- brought and absent elsewhere (core/moved_find.sql); where a delivery has come late, the one that lacks them may have them at another
-- unit. A code need not have the national shape for it: what one source moves is one dossier.
create temporary table moved_dossier on commit drop as
with absent as (
    select
        owner_unit_code,
        dossier_code,
        delivery_id
    from core.dossier_absence
    where
        source_id = :source_id
        and known_to = 'infinity'
),

looked_at as materialized (
    select distinct dossier_code
    from marked_dossier
),

marked as (
    select
        owner_unit_code,
        counted_unit_code,
        dossier_code
    from core.dossier_elsewhere
    where
        known_to = 'infinity'
        and dossier_code in (select looked_at.dossier_code from looked_at)
),

lacking as (
    select array_agg(distinct absent.delivery_id) as delivery_ids
    from absent
    inner join looked_at
        on absent.dossier_code = looked_at.dossier_code
    where absent.delivery_id <> :delivery_id
),

placed as (
    select
        known.owner_unit_code,
        known.dossier_code
    from lacking
    cross join
        lateral (
            select
                delivered.owner_unit_code,
                delivered.dossier_code
            from (
                select
                    brought.delivery_id,
                    brought.owner_unit_code,
                    brought.dossier_code
                from core.dossier_version as brought
                union all
                select
                    brought_again.delivery_id,
                    brought_again.owner_unit_code,
                    brought_again.dossier_code
                from core.confirmed_dossier as brought_again
            ) as delivered
            where delivered.delivery_id = any(lacking.delivery_ids)
            offset '0' -- noqa: AM09
        ) as known
    where
        lacking.delivery_ids is not null
        and known.dossier_code in (select looked_at.dossier_code from looked_at)
    union
    select
        unit_code as owner_unit_code,
        dossier_code
    from {{ typed }}
    where
        reasons is null
        and dossier_code in (select looked_at.dossier_code from looked_at)
    union
    select
        owner_unit_code,
        dossier_code
    from absent
    where dossier_code in (select looked_at.dossier_code from looked_at)
    union
    select
        owner_unit_code,
        dossier_code
    from marked
    union
    select
        counted_unit_code as owner_unit_code,
        dossier_code
    from marked
),

several as materialized (
    select
        owner_unit_code,
        dossier_code
    from placed
    where
        dossier_code in (
            select twice.dossier_code
            from placed as twice
            group by twice.dossier_code
            having count(*) > 1
        )
),

known as materialized (
    select
        held.owner_unit_code,
        held.dossier_code,
        held.received_at,
        held.observed_at,
        held.delivery_id,
        held.known_from,
        held.known_to,
        exists(
            select 1
            from absent
            where
                absent.owner_unit_code = held.owner_unit_code
                and absent.dossier_code = held.dossier_code
        ) as is_absent,
        exists(
            select 1
            from core.dossier_prefix as used
            where
                used.owner_unit_code = held.owner_unit_code
                and used.agency_part = split_part(held.dossier_code, '-', 1)
        ) as is_compared
    from several
    inner join core.dossier_version as held
        on
            several.owner_unit_code = held.owner_unit_code
            and several.dossier_code = held.dossier_code
    where
        held.known_to = 'infinity'
        and held.source_id = :source_id
),

nowhere as materialized (
    select
        owner_unit_code,
        dossier_code,
        received_at,
        observed_at,
        delivery_id,
        known_from,
        known_to
    from known
    where
        dossier_code in (
            select gone.dossier_code
            from known as gone
            group by gone.dossier_code
            having count(*) > 1 and bool_and(gone.is_absent)
        )
),

gone_with as (
    select array_agg(distinct delivery_id) as delivery_ids
    from nowhere
),

confirming as (
    select array_agg(month.delivery_id) as delivery_ids
    from gone_with
    inner join core.month_confirmation as month
        on gone_with.delivery_ids && month.confirmed_delivery_ids
),

shown as (
    select
        owner_unit_code,
        dossier_code,
        observed_at,
        delivery_id
    from nowhere
    union all
    select
        nowhere.owner_unit_code,
        nowhere.dossier_code,
        confirmation.observed_at,
        confirmation.delivery_id
    from core.dossier_confirmation as confirmation
    cross join lateral string_to_table(confirmation.dossier_codes, chr(31)) as listed (dossier_code)
    inner join nowhere
        on
            confirmation.owner_unit_code = nowhere.owner_unit_code
            and listed.dossier_code = nowhere.dossier_code
    where confirmation.owner_unit_code in (select gone.owner_unit_code from nowhere as gone)
    union all
    select
        nowhere.owner_unit_code,
        nowhere.dossier_code,
        by_month.observed_at,
        by_month.delivery_id
    from confirming
    cross join nowhere
    cross join
        lateral core.confirming_month(
            confirming.delivery_ids, nowhere.delivery_id, nowhere.owner_unit_code, nowhere.dossier_code,
            nowhere.received_at, nowhere.known_from, nowhere.known_to
        ) as by_month
),

-- Numbered by the deliveries that have them: two units that the last of them has both have a dossier each.
last_seen as (
    select
        owner_unit_code,
        dossier_code,
        max(shown_by) as shown_by
    from (
        select
            owner_unit_code,
            dossier_code,
            dense_rank() over (partition by dossier_code order by observed_at, delivery_id) as shown_by
        from shown
    ) as numbered
    group by owner_unit_code, dossier_code
),

counted as (
    select distinct on (here.owner_unit_code, here.dossier_code)
        here.owner_unit_code,
        here.dossier_code,
        there.owner_unit_code as counted_unit_code
    from known as here
    inner join known as there
        on here.dossier_code = there.dossier_code
    left join last_seen as here_seen
        on
            here.owner_unit_code = here_seen.owner_unit_code
            and here.dossier_code = here_seen.dossier_code
    left join last_seen as there_seen
        on
            there.owner_unit_code = there_seen.owner_unit_code
            and there.dossier_code = there_seen.dossier_code
    where
        here.is_absent
        and (not there.is_absent or there_seen.shown_by > here_seen.shown_by)
        and not (here.is_compared and there.is_compared)
    order by
        here.owner_unit_code asc, here.dossier_code asc,
        there.is_absent asc, there_seen.shown_by desc, there.received_at asc, there.owner_unit_code asc
)

select
    known.owner_unit_code,
    known.dossier_code,
    counted.counted_unit_code
from known
left join counted
    on
        known.owner_unit_code = counted.owner_unit_code
        and known.dossier_code = counted.dossier_code
