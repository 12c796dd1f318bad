-- One row: a unit whose dossiers became something since the last official publication of the calendar that a reader of the figures would
-- not expect: for who approves, never blocking.
-- Filled by publication.check, from the versions of dossiers. A withdrawn dossier that is taken up again counts by its latest state,
-- whatever was published before, and is told by what is known of it now; one that two units report counts once (core.dossier_double).
insert into ops.publication_finding (publication_id, finding, severity, unit_code, message_vi)
with publication as (
    select
        publication.publication_id,
        publication.as_of,
        (
            select max(earlier.as_of)
            from ops.publication as earlier
            where
                earlier.calendar = publication.calendar
                and earlier.kind = 'official'
                and earlier.state = 'published'
                and earlier.publication_id <> publication.publication_id
                and earlier.as_of < publication.as_of
        ) as told_until
    from ops.publication
    where publication.publication_id = :publication_id
),

-- There is one current version; limited, so that the few are looked up by the index and the months are never read.
taken_up_again as (
    select distinct
        withdrawn.owner_unit_code as unit_code,
        withdrawn.dossier_code
    from publication
    inner join core.dossier_version as withdrawn
        on
            publication.as_of >= withdrawn.known_to
            and withdrawn.known_to > coalesce(publication.told_until, '-infinity')
            and withdrawn.known_to < 'infinity'
            and withdrawn.status_group = 'withdrawn'
    cross join
        lateral (
            select current_version.status_group
            from core.dossier_version as current_version
            where
                current_version.owner_unit_code = withdrawn.owner_unit_code
                and current_version.dossier_code = withdrawn.dossier_code
                and current_version.known_to = 'infinity'
                and current_version.known_from <= publication.as_of
            order by current_version.known_from desc
            limit 1
        ) as held
    where held.status_group <> 'withdrawn'
),

counted_elsewhere as (
    select
        elsewhere.owner_unit_code as unit_code,
        elsewhere.dossier_code,
        elsewhere.counted_unit_code
    from publication
    inner join core.dossier_elsewhere as elsewhere
        on
            publication.as_of >= elsewhere.known_from
            and publication.as_of < elsewhere.known_to
            and elsewhere.known_from > coalesce(publication.told_until, '-infinity')
),

finding as (
    select
        'withdrawn_taken_up' as finding,
        unit_code,
        ops.told(
            :publication_id,
            'Có ' || count(*) || ' hồ sơ đã rút nay được xử lý trở lại (trong đó ' || min(dossier_code)
            || '): tính theo trạng thái mới nhất, số tháng trước có thể thay đổi khi công bố lại; đề nghị đơn vị xác nhận.',
            count(*) || ' withdrawn dossier(s) are taken up again (' || min(dossier_code)
            || ' is one): they count by their latest state, and earlier months may change when restated; have the unit confirm.'
        ) as message_vi
    from taken_up_again
    group by unit_code
    union all
    select
        'counted_elsewhere' as finding,
        unit_code,
        ops.told(
            :publication_id,
            'Có ' || count(*) || ' hồ sơ (trong đó ' || min(dossier_code) || ') đơn vị khác cũng báo cáo: tính một lần tại '
            || string_agg(distinct counted_unit_code, ', ') || '; nếu sai, đề nghị nguồn sửa đơn vị của hồ sơ.',
            count(*) || ' dossier(s) (' || min(dossier_code) || ' is one) are reported by another unit too: they count once, at '
            || string_agg(distinct counted_unit_code, ', ') || '; if that is wrong, have the source correct their unit.'
        ) as message_vi
    from counted_elsewhere
    group by unit_code
)

select
    cast(:publication_id as bigint) as publication_id,
    finding,
    'warn' as severity,
    unit_code,
    message_vi
from finding
