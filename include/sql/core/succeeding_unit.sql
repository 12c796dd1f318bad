-- One row: a unit that has ended, and a unit that has its dossiers from a day on (starts_on) until it ends itself (ends_on): along merges
-- and renames, one after the other. What was split or abolished has none: its dossiers cannot be told apart, or have no keeper.
-- Made from core.unit and core.unit_succession. A unit lives without a gap, and its merge or rename takes effect on the day after its last
-- one (jurisdiction.lifetimes): so every step leads to a later end, and on each day there is one unit at most.
create or replace view core.succeeding_unit as
with recursive life as (
    select
        unit_code,
        max(valid_to) as ends_on
    from core.unit
    group by unit_code
),

way as (
    select
        unit_code as ended_unit_code,
        unit_code,
        cast(null as date) as starts_on,
        ends_on
    from life
    union all
    select
        way.ended_unit_code,
        life.unit_code,
        succession.effective_on as starts_on,
        life.ends_on
    from way
    inner join core.unit_succession as succession
        on
            way.unit_code = succession.from_unit_code
            and way.ends_on = succession.effective_on
            and succession.kind in ('merge', 'rename')
    inner join life
        on succession.to_unit_code = life.unit_code
)

select
    ended_unit_code as unit_code,
    unit_code as succeeding_unit_code,
    starts_on,
    ends_on
from way
where starts_on is not null
