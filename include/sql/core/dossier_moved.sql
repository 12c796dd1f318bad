-- One row: a dossier as known now at one of several units at which its source has or had its code, and whether the source's last full
-- delivery lacks it there. Of the codes in marked_dossier: withdrawn, missed or found again in this transaction, or brought and absent
-- elsewhere (core/moved_find.sql); where a delivery has come late, the one that lacks them may have them at another unit. A code need not
-- have the national shape for it: what one source moves is one dossier.
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
)

select
    held.owner_unit_code,
    held.dossier_code,
    held.received_at,
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
