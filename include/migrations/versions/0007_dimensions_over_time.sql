-- A unit may end without a successor: then to_unit_code is null.
alter table core.unit_succession drop constraint unit_succession_pkey;
alter table core.unit_succession alter column to_unit_code drop not null;
alter table core.unit_succession
add constraint unit_succession_key unique nulls not distinct (from_unit_code, to_unit_code, effective_on),
add constraint unit_succession_kind check (kind in ('merge', 'split', 'rename', 'abolition')),
add constraint unit_succession_abolition check ((kind = 'abolition') = (to_unit_code is null));

-- One row is a quarter or year of a calendar, made of whole months of core.period. It has no publication of its own: the
-- publication of its last month carries it. A table apart, so that whoever reads core.period reads months.
create table core.period_rollup (
    calendar text not null,
    period text not null,                    -- 2019-Q1, 2019
    period_kind text not null check (period_kind in ('quarter', 'year')),
    year smallint not null,
    first_period text not null,              -- its first month, 2019-01
    last_period text not null,               -- its last month, 2019-03: the publication that carries it
    starts_on date not null,
    ends_on date not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    due_at timestamptz not null,
    closes_at timestamptz not null,
    primary key (calendar, period),
    unique (calendar, period_kind, last_period),
    check (starts_at < ends_at)
);

-- Every time another configuration was brought into the dimensions: what it changed, as `onestop jurisdiction diff` tells it.
create table ops.configuration_change (
    configuration_change_id bigint generated always as identity primary key,
    configuration_hash text not null references ops.configuration,
    previous_hash text references ops.configuration, -- null: the first one
    changes jsonb not null,                  -- [{part, name, change, field, before, after}]; empty for the first one
    changed_at timestamptz not null default clock_timestamp()
);

-- A quarter or year of a unit, scope and metric, pooled over its months, in the publication of its last month.
create table mart.compliance_rollup (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,                    -- 2019-Q1, 2019
    period_kind text not null check (period_kind in ('quarter', 'year')),
    unit_key bigint not null,
    unit_code text not null,
    scope text not null check (scope in ('total', 'own', 'communes')),
    metric_id text not null,
    metric_version integer not null,
    numerator bigint,                        -- null = no data, never 0
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
    figures_from text                        -- null = no data; mixed: from dossiers in some months only
    check (figures_from in ('dossiers', 'reported_total', 'mixed')),
    primary key (publication_id, period_kind, unit_code, scope, metric_id)
);
