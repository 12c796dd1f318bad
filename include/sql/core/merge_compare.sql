-- One row: an accepted row of a delivery that is new, changed, older or confirmed, beside the current version of its dossier as far as
-- that lies in the months of the delivery. Unchanged rows are left out. Both by their places too, where they are found again: nobody else
-- writes versions of these units meanwhile.
-- A full delivery confirms what earlier ones of its source brought of its own month (`earlier_ids`), and tells what it lacks of that, not
-- the million dossiers that it has: gathering their codes took half as long as all the rest.
-- `offset` keeps the outcome from being worked out again for every column that asks for it; written '0', because the planner
-- takes the bare number for a cast whose value it does not know, and would compare with one processor.
create temporary table merge_row on commit drop as
with current_version as (
    select
        tableoid as held_in,
        ctid as held_at,
        owner_unit_code,
        dossier_code,
        received_at,
        row_hash,
        observed_at,
        delivery_id,
        known_from,
        {% if confirming %}
            delivery_id = any(:earlier_ids)
            and received_at >= :received_from
            and received_at <= :received_to as is_of_month
        {% else %}
            false as is_of_month
        {% endif %}
    from core.dossier_version
    where
        known_to = 'infinity'
        and received_at >= :first_received_at
        and received_at <= :last_received_at
        and owner_unit_code = any(:unit_codes)
),

accepted as (
    select
        unit_code,
        dossier_code,
        row_number,
        ctid as staged_at,
        row_hash
    from {{ typed }}
    where reasons is null
),

compared as (
    select
        coalesce(staged.unit_code, current_version.owner_unit_code) as unit_code,
        coalesce(staged.dossier_code, current_version.dossier_code) as dossier_code,
        staged.row_number,
        staged.staged_at,
        staged.row_hash,
        current_version.held_in,
        current_version.held_at,
        current_version.received_at as current_received_at,
        current_version.delivery_id as current_delivery_id,
        current_version.known_from as current_known_from,
        coalesce(current_version.is_of_month, false) as is_of_month,
        case
            when staged.staged_at is null then 'lacking'
            else
                core.merge_outcome(
                    current_version.row_hash, current_version.observed_at, current_version.delivery_id,
                    staged.row_hash, :observed_at, :delivery_id
                )
        end as outcome
    from accepted as staged
    {{ 'full' if confirming else 'left' }} join current_version
        on
            staged.unit_code = current_version.owner_unit_code
            and staged.dossier_code = current_version.dossier_code
    offset '0' -- noqa: AM09
)

select *
from compared
where
    outcome in ('new', 'changed', 'older')
    or (outcome = 'confirmed' and not is_of_month)
    or (outcome = 'lacking' and is_of_month)
