-- One row: an accepted row of a delivery that is new, changed or older, beside the current version of its dossier as far as
-- that lies in the months of the delivery; or a unit with all its codes that are confirmed. Unchanged rows are left out.
-- Both by their places too, where they are found again: nobody else writes versions of these units meanwhile.
-- Grouped by hash, so that every processor compares and gathers codes: enable_sort is off meanwhile. Codes are gathered into one text:
-- arrays of them, handed from one processor to the other element by element, took as long as all the rest.
-- `offset` keeps the outcome from being worked out again for every column that asks for it; written '0', because the planner takes the
-- bare number for a cast whose value it does not know, and would compare with one processor.
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
        staged.ctid as staged_at,
        staged.row_hash,
        current_version.held_in,
        current_version.held_at,
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
    offset '0' -- noqa: AM09
),

told as (
    select
        unit_code,
        dossier_code,
        row_hash,
        staged_at,
        held_in,
        held_at,
        current_received_at,
        outcome,
        case when outcome <> 'confirmed' then row_number end as row_number
    from compared
    where outcome <> 'unchanged'
    offset '0' -- noqa: AM09
)

select
    unit_code,
    row_number,
    any_value(dossier_code) filter (where row_number is not null) as dossier_code,
    any_value(row_hash) filter (where row_number is not null) as row_hash,
    any_value(staged_at) filter (where row_number is not null) as staged_at,
    any_value(held_in) filter (where row_number is not null) as held_in,
    any_value(held_at) filter (where row_number is not null) as held_at,
    any_value(current_received_at) filter (where row_number is not null) as current_received_at,
    any_value(outcome) as outcome,
    string_agg(dossier_code, chr(31)) filter (where row_number is null) as confirmed_codes
from told
group by unit_code, row_number
