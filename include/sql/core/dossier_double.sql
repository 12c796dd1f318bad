-- One row: a dossier that several units report, as known now, at one of those where it is not counted, and the unit where it is. Counted is
-- where it went on: a unit of which a later full delivery does not have it any more comes after the others, since its source has moved it;
-- then one that did not accept it or works on it unasked, one from which it was withdrawn, and one that still has it open though a unit
-- that succeeded it has taken it over. Among equals the unit that received it first, and of two that did so at the same moment the first by
-- code. agency_parts: agency parts of codes that several units use.
create or replace function core.dossier_double(agency_parts text[])
returns table (owner_unit_code text, dossier_code text, counted_unit_code text)
language sql
stable
as $$
with recursive successor as (
    select
        succession.from_unit_code,
        succession.to_unit_code,
        succession.effective_on
    from core.unit_succession as succession
    where succession.to_unit_code is not null
    union
    select
        successor.from_unit_code,
        succession.to_unit_code,
        succession.effective_on
    from successor
    inner join core.unit_succession as succession
        on
            successor.to_unit_code = succession.from_unit_code
            and successor.effective_on < succession.effective_on
    where succession.to_unit_code is not null
),

candidate as materialized (
    select
        held.owner_unit_code,
        held.dossier_code,
        held.received_at,
        held.finished_at,
        held.status_group,
        held.channel,
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

-- Not what a unit finished before it succeeded the other: that was another matter.
taken_over as (
    select distinct
        open_dossier.owner_unit_code,
        open_dossier.dossier_code
    from candidate as open_dossier
    inner join successor
        on open_dossier.owner_unit_code = successor.from_unit_code
    inner join candidate as followed
        on
            successor.to_unit_code = followed.owner_unit_code
            and open_dossier.dossier_code = followed.dossier_code
            and coalesce(followed.finished_at, 'infinity') >= successor.effective_on
    where
        open_dossier.status_group in ('in_process', 'paused')
        and followed.status_group <> 'not_accepted'
        and not followed.is_absent
),

ranked as (
    select
        candidate.owner_unit_code,
        candidate.dossier_code,
        first_value(candidate.owner_unit_code) over (
            partition by candidate.dossier_code
            order by
                candidate.is_absent,
                candidate.status_group = 'not_accepted' or candidate.channel = 'internal',
                candidate.status_group = 'withdrawn',
                taken_over.owner_unit_code is not null,
                candidate.received_at,
                candidate.owner_unit_code
        ) as counted_unit_code
    from candidate
    left join taken_over
        on
            candidate.owner_unit_code = taken_over.owner_unit_code
            and candidate.dossier_code = taken_over.dossier_code
)

select
    ranked.owner_unit_code,
    ranked.dossier_code,
    ranked.counted_unit_code
from ranked
where ranked.owner_unit_code <> ranked.counted_unit_code
$$;
