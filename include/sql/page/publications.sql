-- One row: a published official revision, newest period and revision first.
-- Read by the page: every page: its choice of periods (the first row of a period is in force), its footer; the list of publications.
select
    publication_id,
    period,
    revision,
    reason,
    approver,
    as_of,
    configuration_hash,
    published_at
from bi.publication
where
    calendar = 'calendar'
    and kind = 'official'
    and state = 'published'
order by period desc, revision desc
