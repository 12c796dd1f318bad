-- One row: a publication in whatever state, and whether it is the latest official revision of its period.
-- Made from ops.publication. The views of figures join it: "latest" is decided in one place, and once a publication instead of a figure.
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
    ) as is_latest
from ops.publication
