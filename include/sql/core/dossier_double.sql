-- One row: a dossier that another unit received before this one did, as known now, and the unit where it is counted. Of two that
-- received it at the same moment the first by code. A unit of which a later full delivery does not have the dossier any more comes after
-- the others: its source has moved it. agency_parts: agency parts of codes that several units use.
create or replace function core.dossier_double(agency_parts text[])
returns table (owner_unit_code text, dossier_code text, counted_unit_code text)
language sql
stable
as $$
with candidate as materialized (
    select
        held.owner_unit_code,
        held.dossier_code,
        held.received_at,
        exists (
            select 1
            from core.dossier_absence as absence
            where
                absence.owner_unit_code = held.owner_unit_code
                and absence.dossier_code = held.dossier_code
                and absence.known_to = 'infinity'
        ) as is_absent
    from core.dossier_prefix as used
    inner join core.dossier_version as held
        on
            used.owner_unit_code = held.owner_unit_code
            and held.known_to = 'infinity'
            and used.agency_part = split_part(held.dossier_code, '-', 1)
    where used.agency_part = any(agency_parts)
),

ranked as (
    select
        candidate.owner_unit_code,
        candidate.dossier_code,
        first_value(candidate.owner_unit_code) over (
            partition by candidate.dossier_code
            order by candidate.is_absent, candidate.received_at, candidate.owner_unit_code
        ) as counted_unit_code
    from candidate
)

select
    ranked.owner_unit_code,
    ranked.dossier_code,
    ranked.counted_unit_code
from ranked
where ranked.owner_unit_code <> ranked.counted_unit_code
$$;
