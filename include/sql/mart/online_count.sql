-- The dossiers among a row's online ones that are at the levels which a metric counts. `other_count` are those outside of levels 3 and 4
-- and of unknown level (0): they count where the metric counts every level; null where it counts a part of them, which is not told apart.
create or replace function mart.online_count(online_levels smallint[], level_3_count bigint, level_4_count bigint, other_count bigint)
returns bigint
language sql
immutable
parallel safe
as $$
select
    case when 3 = any(online_levels) then level_3_count else 0 end
    + case when 4 = any(online_levels) then level_4_count else 0 end
    + case
        when online_levels @> cast(array[0, 1, 2] as smallint[]) then other_count
        when not online_levels && cast(array[0, 1, 2] as smallint[]) then 0
    end
$$;
