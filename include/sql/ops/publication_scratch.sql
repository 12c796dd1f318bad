-- One row: a publication to be measured again, under a number of its own, in a transaction that is rolled back.
-- Written by publication.rebuild.
insert into ops.publication (
    publication_id, calendar, period, kind, state, reason, requested_by, as_of, configuration_hash
)
overriding system value
select
    cast(:scratch_id as bigint) as publication_id,
    calendar,
    period,
    kind,
    'built' as state,
    'rebuilt' as reason,
    'rebuild' as requested_by,
    as_of,
    configuration_hash
from ops.publication
where publication_id = :publication_id
