-- One row: a publication of whatever state, newest period and newest publication first; of one period, or one number, where it is given.
-- Read by the commands `onestop publication …`.
select
    publication.publication_id,
    publication.calendar,
    publication.period,
    publication.kind,
    publication.revision,
    publication.state,
    described.is_latest,
    publication.reason,
    publication.requested_by,
    publication.approver,
    publication.as_of,
    publication.configuration_hash,
    publication.content_hash,
    publication.unchanged_from,
    publication.run_id,
    publication.built_at,
    publication.published_at
from ops.publication
inner join ops.publication_described as described
    on publication.publication_id = described.publication_id
where
    (cast(:period as text) is null or publication.period = :period)
    and (cast(:publication_id as bigint) is null or publication.publication_id = :publication_id)
    and (:with_traces or publication.state not in ('replaced', 'unchanged'))
order by publication.period desc, publication.publication_id desc
