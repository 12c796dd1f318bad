-- What deliveries are compared with, accepted by and answered; catalogues as delivered; dossiers that are gone.

-- ---------------------------------------------------------------- core

-- A catalogue of procedures by level, as a source delivers it. In effect beside the configured one: core.procedure holds
-- both, and says which source a row is from.
create table core.procedure_version (
    procedure_code text not null,
    valid_from date not null,
    source_id text not null,
    name_vi text not null,
    field_vi text,
    administrative_level text,
    service_level smallint not null,
    valid_to date not null,                  -- infinity: until the next row of the code begins
    row_hash bigint not null,
    delivery_id bigint not null references ops.delivery,
    observed_at timestamptz not null,
    known_from timestamptz not null,
    known_to timestamptz not null default 'infinity'
);
create unique index on core.procedure_version (procedure_code, valid_from) where known_to = 'infinity';
alter table core.procedure add column source_id text; -- null: configured

-- Records that a later delivery showed unchanged, as core.dossier_confirmation for dossiers: no older delivery that comes
-- late may replace their version. One row is those of a delivery; a key is its columns, separated by U+001F.
create table core.version_confirmation (
    dataset text not null,
    delivery_id bigint not null references ops.delivery,
    observed_at timestamptz not null,
    record_keys text[] not null,
    primary key (delivery_id)
);
create index on core.version_confirmation (dataset, observed_at);

-- Finds what a delivery brought: its rows lie together.
create index on core.dossier_version using brin (delivery_id) with (pages_per_range = 16);

-- Dossiers that a source's full delivery of a month no longer had, though an earlier delivery of the month did. Nothing is
-- deleted: the mark says since which delivery, and ends when a later one has the dossier again.
create table core.dossier_absence (
    owner_unit_code text not null,
    dossier_code text not null,
    source_id text not null,
    period text not null,
    delivery_id bigint not null references ops.delivery, -- the full one that lacks it
    known_from timestamptz not null,
    known_to timestamptz not null default 'infinity'
);
create unique index on core.dossier_absence (source_id, period, owner_unit_code, dossier_code) where known_to = 'infinity';

-- A dossier whose code two units report is counted once, at the unit that received it first: here stands the other one.
create table core.dossier_elsewhere (
    owner_unit_code text not null,
    dossier_code text not null,
    counted_unit_code text not null,         -- where it is counted
    known_from timestamptz not null,
    known_to timestamptz not null default 'infinity'
);
create unique index on core.dossier_elsewhere (owner_unit_code, dossier_code) where known_to = 'infinity';

-- Which units have used which agency part of a dossier code: the same part at two units is where doubles can be.
create table core.dossier_prefix (
    agency_part text not null,
    owner_unit_code text not null,
    primary key (agency_part, owner_unit_code)
);

-- ---------------------------------------------------------------- ops

-- A source that sends A, B and again A takes B back: the third is a delivery of its own, with the bytes of the first.
alter table ops.delivery drop constraint delivery_source_id_period_sha256_key;
alter table ops.delivery add unique (source_id, period, sha256, pulled_at);
alter table ops.delivery add column manifest_path text; -- below the landing root; null: that of the object, as .json

-- What the next deliveries of the source are compared with.
create table ops.delivery_profile (
    delivery_id bigint primary key references ops.delivery on delete cascade,
    fingerprint numeric not null,            -- sum of the accepted rows' hashes: equal for the same rows in any order
    accepted_count bigint not null,
    total numeric,                           -- of fees, dossiers or amounts, by dataset
    group_counts jsonb not null              -- rows by status, level or register
);

-- A person took what a comparison with earlier deliveries had refused.
create table ops.delivery_override (
    delivery_override_id bigint generated always as identity primary key,
    delivery_id bigint not null references ops.delivery on delete cascade,
    rules text[] not null,                   -- what was overridden
    reason text not null check (reason <> ''),
    accepted_by text not null check (accepted_by <> ''),
    accepted_at timestamptz not null default clock_timestamp()
);
create index on ops.delivery_override (delivery_id);

-- What an agency was told of a delivery: its error files, and whether a mail went out.
create table ops.delivery_answer (
    delivery_id bigint primary key references ops.delivery on delete cascade,
    files jsonb not null,                    -- [{name, byte_count, sha256}], below the answers' root
    told_count bigint not null,              -- refused and warned rows they list
    data_docs_path text,                     -- below the Data Docs' root
    notice_id bigint references ops.notice,  -- null: nothing to tell, or the source has no contact
    answered_at timestamptz not null default clock_timestamp()
);

-- ---------------------------------------------------------------- quarantine

alter table quarantine.row
add column outcome text check (outcome in ('inserted', 'changed', 'unchanged', 'older')), -- what a replay made of it
add column replayed_at timestamptz,
add column replayed_by text,
add column reasons_since timestamptz;        -- null: since quarantined_at

-- Why a row was refused before it was judged again, so that quality as known at an earlier moment stays what it was.
create table quarantine.row_before (
    delivery_id bigint not null,
    row_number bigint not null,
    reasons jsonb not null,
    known_from timestamptz not null,
    known_to timestamptz not null,
    primary key (delivery_id, row_number, known_to),
    foreign key (delivery_id, row_number) references quarantine.row on delete cascade
);

-- Kept by a trigger: whoever judges again, by whatever way, leaves what stood before.
create function quarantine.keep_row_before() returns trigger language plpgsql as $$
begin
    new.reasons_since := clock_timestamp();
    insert into quarantine.row_before (delivery_id, row_number, reasons, known_from, known_to)
    values (
        old.delivery_id, old.row_number, old.reasons, coalesce(old.reasons_since, old.quarantined_at), new.reasons_since
    );
    return new;
end;
$$;
create trigger keep_row_before before update on quarantine.row
for each row when (new.reasons is distinct from old.reasons) execute function quarantine.keep_row_before();
