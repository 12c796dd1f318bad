-- One row: an accepted row of a delivery that is new, changed or older, beside the current version of its dossier as far as
-- that lies in the months of the delivery; or a unit with all its codes that are confirmed. Unchanged rows are left out.
create temporary table merge_row on commit drop as
with current_version as (
    select
        owner_unit_code,
        dossier_code,
        received_at,
        row_hash,
        observed_at,
        delivery_id
    from core.dossier_version
    where
        known_to = 'infinity'
        and received_at >= :first_received_at
        and received_at <= :last_received_at
        and owner_unit_code = any(:unit_codes)
),

compared as (
    select
        staged.unit_code,
        staged.dossier_code,
        staged.row_number,
        staged.row_hash,
        current_version.received_at as current_received_at,
        core.merge_outcome(
            current_version.row_hash, current_version.observed_at, current_version.delivery_id,
            staged.row_hash, :observed_at, :delivery_id
        ) as outcome
    from {{ typed }} as staged
    left join current_version
        on
            staged.unit_code = current_version.owner_unit_code
            and staged.dossier_code = current_version.dossier_code
    where staged.reasons is null
),

compared_otherwise as (
    select
        unit_code,
        dossier_code,
        row_number,
        row_hash,
        current_received_at,
        outcome
    from compared
    where outcome <> 'unchanged'
)

select
    unit_code,
    dossier_code,
    row_number,
    row_hash,
    current_received_at,
    outcome,
    cast(null as text[]) as confirmed_codes
from compared_otherwise
where outcome <> 'confirmed'
union all
select
    unit_code,
    null as dossier_code,
    null as row_number,
    null as row_hash,
    null as current_received_at,
    'confirmed' as outcome,
    array_agg(dossier_code order by dossier_code) as confirmed_codes
from compared_otherwise
where outcome = 'confirmed'
group by unit_code
