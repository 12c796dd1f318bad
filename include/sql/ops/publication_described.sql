-- One row: a publication in whatever state, whether it is the latest official revision of its period, and whether it is of a month that is
-- still in flux: provisional, and no official revision of the period was published after it.
-- Made from ops.publication. The views of figures join it: "latest" and "in flux" are decided in one place, and once a publication instead
-- of a figure.
create or replace view ops.publication_described as
select
    publication_id,
    calendar,
    period,
    kind,
    state,
    revision,
    published_at,
    kind = 'official' and state = 'published' and revision = max(revision) filter (where kind = 'official' and state = 'published') over (
        partition by calendar, period
    ) as is_latest,
    kind = 'provisional' and state = 'published' and published_at > coalesce(
        max(published_at) filter (where kind = 'official' and state = 'published') over (partition by calendar, period), '-infinity'
    ) as is_in_flux
from ops.publication
