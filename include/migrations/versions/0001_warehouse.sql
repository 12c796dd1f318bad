-- The warehouse as first built: six schemas, their tables. Views and functions are replaceable and stand in include/sql.
-- Validity and period columns: *_from and starts_* are inclusive, *_to and ends_* are exclusive, 'infinity' is open-ended.

create schema staging;
create schema quarantine;
create schema core;
create schema mart;
create schema bi;
create schema if not exists ops; -- made before the first migration: it holds the version table

-- ---------------------------------------------------------------- core: dimensions

create table core.unit (
    unit_key bigint generated always as identity primary key,
    unit_code text not null,
    name_vi text not null,
    name_en text not null,
    unit_type text not null,                 -- department | vertical | district
    unit_group text not null,                -- report group: departments | districts
    parent_unit_code text,
    gso_code text,
    roster_order integer not null,
    note text,
    valid_from date not null,
    valid_to date not null default 'infinity',
    unique (unit_code, valid_from),
    check (valid_from < valid_to)
);

create table core.unit_succession (
    from_unit_code text not null,
    to_unit_code text not null,
    effective_on date not null,
    kind text not null,                      -- merge | split | rename
    primary key (from_unit_code, to_unit_code, effective_on)
);

create table core.commune (
    commune_key bigint generated always as identity primary key,
    commune_code text not null,
    name_vi text not null,
    district_unit_code text not null,
    valid_from date not null,
    valid_to date not null default 'infinity',
    unique (commune_code, valid_from),
    check (valid_from < valid_to)
);

create table core.procedure (
    procedure_key bigint generated always as identity primary key,
    procedure_code text not null,
    name_vi text not null,
    field_vi text,
    administrative_level text,
    service_level smallint not null,         -- 2 | 3 | 4
    valid_from date not null,
    valid_to date not null default 'infinity',
    unique (procedure_code, valid_from),
    check (valid_from < valid_to)
);

create table core.metric (
    metric_id text not null,
    metric_version integer not null,
    name_vi text not null,
    name_en text not null,
    event text not null check (event in ('resolved', 'received')),
    denominator_scope text not null check (denominator_scope in ('all', 'eligible')),
    online_levels smallint[] not null,       -- levels whose online dossiers form the numerator
    is_official boolean not null,
    definition_vi text not null,
    legal_basis text,
    valid_from date not null,
    valid_to date not null default 'infinity',
    primary key (metric_id, metric_version)
);

create table core.target (
    target_key bigint generated always as identity primary key,
    metric_id text not null,
    unit_code text,                          -- one unit, or
    unit_type text,                          -- every unit of a type
    operator text not null check (operator in ('>=', '>')),
    target_num integer not null,
    target_den integer not null check (target_den > 0),
    legal_basis text not null,
    valid_from date not null,
    valid_to date not null default 'infinity',
    check ((unit_code is null) <> (unit_type is null)),
    unique nulls not distinct (metric_id, unit_code, unit_type, valid_from)
);

create table core.period (
    calendar text not null,                  -- calendar | administrative
    period text not null,                    -- 2019-04
    year smallint not null,
    month smallint not null,
    starts_on date not null,
    ends_on date not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    due_at timestamptz not null,             -- deliveries later than this are late
    closes_at timestamptz not null,          -- what comes later restates the period
    primary key (calendar, period),
    check (starts_at < ends_at)
);

-- Which source is expected to deliver for which unit, and since when.
create table core.expected_source (
    source_id text not null,
    dataset text not null,
    unit_code text not null,
    valid_from date not null,
    valid_to date not null default 'infinity',
    primary key (source_id, unit_code, valid_from)
);

-- ---------------------------------------------------------------- ops: the warehouse's own state

-- Functions and views as last created from include/sql: what is recorded with the same digest is left alone.
create table ops.replaceable (
    object_name text primary key,
    kind text not null,
    sha256 text not null,
    applied_at timestamptz not null default clock_timestamp()
);

-- ---------------------------------------------------------------- ops: deliveries

create table ops.configuration (
    configuration_hash text primary key,
    jurisdiction text not null,
    content jsonb not null,
    recorded_at timestamptz not null default clock_timestamp()
);

create table ops.delivery (
    delivery_id bigint generated always as identity primary key,
    source_id text not null,
    dataset text not null,
    period text not null,
    sha256 text not null,
    object_path text not null,
    byte_count bigint not null,
    part_count integer not null,
    declared_count bigint,
    declared_totals jsonb,
    source_cursor jsonb,
    pulled_at timestamptz not null,
    delivered_at timestamptz,                -- when the source made it available; null = unknown
    observed_at timestamptz not null,        -- the moment whose state the delivery shows: orders versions
    state text not null default 'landed' check (state in ('landed', 'loaded', 'accepted', 'rejected')),
    reasons jsonb,                           -- why it was rejected: [{rule, field, value, expected, remedy, message}]
    record_count bigint,                     -- records read from the bytes
    accepted_count bigint,
    quarantined_count bigint,
    run_id text,
    landed_at timestamptz not null default clock_timestamp(),
    loaded_at timestamptz,
    decided_at timestamptz,
    unique (source_id, period, sha256)
);
create index on ops.delivery (period, source_id);

-- Every try to pull, with its outcome: explains a missing delivery.
create table ops.pull_attempt (
    pull_attempt_id bigint generated always as identity primary key,
    source_id text not null,
    period text not null,
    run_id text,
    attempted_at timestamptz not null default clock_timestamp(),
    outcome text not null check (outcome in ('landed', 'unchanged', 'failed')),
    delivery_id bigint references ops.delivery,
    error text
);
create index on ops.pull_attempt (period, source_id);

create table ops.expectation_result (
    delivery_id bigint not null references ops.delivery,
    expectation text not null,
    severity text not null check (severity in ('refuse_delivery', 'refuse_row', 'warn')),
    is_met boolean not null,
    observed numeric,
    expected text not null,
    checked_count bigint,
    failing_count bigint,
    message_vi text,
    remedy_vi text,
    evaluated_at timestamptz not null default clock_timestamp(),
    primary key (delivery_id, expectation)
);

create table quarantine.row (
    delivery_id bigint not null references ops.delivery,
    row_number bigint not null,
    raw jsonb not null,                      -- the record as received, personal fields removed
    reasons jsonb not null,                  -- [{rule, field, value, expected, remedy}]
    state text not null default 'open' check (state in ('open', 'replayed', 'dismissed')),
    quarantined_at timestamptz not null default clock_timestamp(),
    primary key (delivery_id, row_number)
);

-- ---------------------------------------------------------------- core: dossiers

create table core.dossier_version (
    owner_unit_code text not null,
    dossier_code text not null,
    source_id text not null,
    procedure_code text,
    service_level smallint,                  -- of the procedure at receipt
    channel text not null check (channel in ('online', 'direct', 'post')),
    status_code smallint not null,
    status_group text not null check (status_group in ('not_accepted', 'in_process', 'paused', 'withdrawn', 'resolved')),
    applicant_type text,
    applicant_key bytea,                     -- keyed hash of the applicant's identity
    commune_code text,
    submitted_at timestamptz,
    received_at timestamptz not null,
    due_at timestamptz,
    finished_at timestamptz,
    returned_at timestamptz,
    fee_amount numeric(18, 2),
    payment_method text,                     -- none | counter | national_gateway | local_gateway
    row_hash bigint not null,
    delivery_id bigint not null,
    observed_at timestamptz not null,
    known_from timestamptz not null,
    known_to timestamptz not null default 'infinity'
) partition by range (received_at);
create index on core.dossier_version (owner_unit_code, dossier_code) where known_to = 'infinity';
create index on core.dossier_version (finished_at);

-- Dossiers that a later delivery showed unchanged: their current version holds since its own delivery, and no older
-- delivery that comes late may replace it. One row is the confirmed dossiers of a unit in a delivery.
create table core.dossier_confirmation (
    delivery_id bigint not null,
    owner_unit_code text not null,
    observed_at timestamptz not null,
    dossier_codes text[] not null,
    primary key (owner_unit_code, observed_at, delivery_id)
);

-- Where a partition month of core.dossier_version begins, counted from UTC: fixed when the first one is made.
create table core.partition_origin (
    only_row boolean primary key default true check (only_row),
    utc_offset interval not null
);
create type core.new_partition as (
    name text,
    starts_at timestamptz,
    ends_at timestamptz
);

-- ---------------------------------------------------------------- ops: publications

create table ops.publication (
    publication_id bigint generated always as identity primary key,
    calendar text not null default 'calendar',
    period text not null,
    kind text not null check (kind in ('provisional', 'official')),
    revision integer,                        -- 1, 2, … for official ones once published
    -- refused: a check blocked it. unchanged: equal to the last published one, so nothing was published.
    -- replaced: a newer build, or a newer provisional publication, took its place. The last two keep no figures.
    state text not null check (state in ('built', 'approved', 'published', 'refused', 'unchanged', 'replaced')),
    reason text not null,
    requested_by text not null,
    approver text,
    approved_at timestamptz,
    evidence jsonb,
    as_of timestamptz not null,              -- dossiers as known at this moment
    configuration_hash text not null references ops.configuration,
    content_hash text,                       -- of the figures: an equal one makes no new revision
    unchanged_from bigint references ops.publication, -- the published one it was equal to
    run_id text,
    built_at timestamptz not null default clock_timestamp(),
    checked_at timestamptz,                  -- when its findings were written; approval and publishing need it
    published_at timestamptz,
    unique (calendar, period, kind, revision)
);
-- One current provisional publication a period: a newer one replaces it.
create unique index on ops.publication (calendar, period) where kind = 'provisional' and state = 'published';

create table ops.publication_finding (
    publication_id bigint not null references ops.publication on delete cascade,
    finding text not null,
    severity text not null check (severity in ('block', 'warn')),
    unit_code text not null default '',
    message_vi text not null,
    primary key (publication_id, finding, unit_code)
);

create table ops.alert (
    alert_id bigint generated always as identity primary key,
    alert_key text not null,                 -- rule:unit:scope:year, or rule:unit:period; one alert a key that is not resolved
    rule text not null,
    unit_code text,
    period text not null,                    -- of the publication that opened it; the month whose delivery is missing
    publication_id bigint references ops.publication, -- that opened it; null = opened by the daily watch
    state text not null check (state in ('open', 'acknowledged', 'resolved', 'silenced')),
    severity text not null,
    message_vi text not null,
    facts jsonb not null,                    -- what the rule saw last, for the mail
    evidence_at timestamptz not null default clock_timestamp(), -- of the knowledge that decided last; older changes nothing
    resolution text check (resolution in ('ceased', 'lapsed')), -- lapsed: its rule, year or unit is no longer watched; nobody is told
    told_change text check (told_change in ('opened', 'resolved')), -- the last change that the routes were told
    opened_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(), -- when the state last changed
    changed_by text,
    silenced_until date,                     -- the last day of silence
    silenced_reason text,
    check ((state = 'resolved') = (resolution is not null)),
    check (state <> 'silenced' or (silenced_until is not null and silenced_reason <> ''))
);
create unique index on ops.alert (alert_key) where state <> 'resolved';
create index on ops.alert (alert_key, evidence_at);

-- The outbox: a mail is written in the transaction that changes its alerts, and sent afterwards.
create table ops.notice (
    notice_id bigint generated always as identity primary key,
    dedup_key text not null unique,          -- route:recipient:digest of the changes it tells
    route text not null,
    recipient text not null,
    subject text not null,
    body_text text not null,
    body_html text,
    alert_ids bigint[] not null default '{}',
    publication_id bigint references ops.publication,
    state text not null default 'pending' check (state in ('pending', 'sent', 'failed')),
    attempts integer not null default 0,
    last_error text,
    queued_at timestamptz not null default clock_timestamp(),
    sent_at timestamptz
);
create index on ops.notice (notice_id) where state = 'pending';

-- ---------------------------------------------------------------- mart: facts of a publication

-- What a publication counted, for the twelve months that end with its period: every mart below is made from it.
create table mart.dossier_count_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,                    -- the month in which the event lies
    unit_code text not null,
    is_commune boolean not null,             -- handled at a commune's desk
    event text not null check (event in ('resolved', 'received')),
    channel text not null check (channel in ('online', 'direct', 'post')),
    service_level smallint not null,         -- at receipt; 0 = unknown
    dossier_count bigint not null,
    primary key (publication_id, period, unit_code, event, is_commune, channel, service_level)
);

-- Who had reported what when the publication was built, for the same twelve months.
create table mart.reporting_status_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_key bigint not null,
    unit_code text not null,
    reporting_status text not null check (reporting_status in ('reported', 'reported_zero', 'late', 'missing', 'rejected', 'not_expected')),
    sources_expected integer not null,
    sources_missing text[] not null,         -- neither accepted nor rejected, or rejected
    detail text,                             -- why: the last failure of each missing source
    primary key (publication_id, period, unit_code)
);

create table mart.compliance_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_key bigint not null,
    unit_code text not null,
    scope text not null check (scope in ('total', 'own', 'communes')),
    metric_id text not null,
    metric_version integer not null,
    numerator bigint,                        -- null = no data, never 0
    denominator bigint,
    online_level_3_count bigint,
    online_level_4_count bigint,
    online_other_count bigint,               -- online below level 3: not in the numerator
    direct_count bigint,
    post_count bigint,
    target_operator text,
    target_num integer,
    target_den integer,
    status text not null check (status in ('met', 'not_met', 'zero_online', 'no_data', 'no_target')),
    reporting_status text not null check (reporting_status in ('reported', 'reported_zero', 'late', 'missing', 'rejected', 'not_expected')),
    rank integer,
    months_missed_in_a_row integer,          -- up to and including this month, months without data passed over; at most 12
    primary key (publication_id, unit_code, scope, metric_id)
);

create table mart.compliance_ytd (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_key bigint not null,
    unit_code text not null,
    scope text not null check (scope in ('total', 'own', 'communes')),
    metric_id text not null,
    metric_version integer not null,
    numerator bigint,
    denominator bigint,
    online_level_3_count bigint,
    online_level_4_count bigint,
    online_other_count bigint,
    direct_count bigint,
    post_count bigint,
    target_operator text,
    target_num integer,
    target_den integer,
    status text not null check (status in ('met', 'not_met', 'zero_online', 'no_data', 'no_target')),
    months_reported integer not null,
    months_expected integer not null,
    rank integer,
    online_needed_per_month numeric,         -- to reach the target at year end, at the pace of receipt so far
    primary key (publication_id, unit_code, scope, metric_id)
);
