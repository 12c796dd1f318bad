-- What a publication can be recomputed and explained from; decisions on deliveries as history.

-- ---------------------------------------------------------------- decisions on deliveries

-- ops.delivery says how a delivery stands now; every decision on it stays here, so that figures as known at an earlier
-- moment remain what they were when a delivery is decided anew. A decision holds until the next one of the delivery.
create table ops.delivery_decision (
    delivery_decision_id bigint generated always as identity primary key,
    delivery_id bigint not null references ops.delivery on delete cascade,
    state text not null check (state in ('accepted', 'rejected')),
    reasons jsonb,                           -- why it was rejected, as in ops.delivery
    record_count bigint,                     -- as they were then: a later decision may count otherwise
    accepted_count bigint,
    quarantined_count bigint,
    decided_at timestamptz not null,
    decided_by text not null,                -- contract, or the person who decided
    note text
);
create index on ops.delivery_decision (delivery_id, decided_at);

alter table ops.delivery
add column decided_by text not null default 'contract',
add column decision_note text;

-- Kept by a trigger: whoever decides, by whatever way, leaves a row. A decision without a moment of its own is made now.
create function ops.keep_delivery_decision() returns trigger language plpgsql as $$
begin
    if new.state in ('accepted', 'rejected') and (
        tg_op = 'INSERT'
        or (old.state, old.decided_at, old.reasons, old.record_count, old.accepted_count, old.quarantined_count)
        is distinct from (new.state, new.decided_at, new.reasons, new.record_count, new.accepted_count, new.quarantined_count)
    ) then
        insert into ops.delivery_decision (
            delivery_id, state, reasons, record_count, accepted_count, quarantined_count, decided_at, decided_by, note
        )
        values (
            new.delivery_id, new.state, new.reasons, new.record_count, new.accepted_count, new.quarantined_count,
            case
                when tg_op = 'UPDATE' and new.decided_at is not distinct from old.decided_at then clock_timestamp()
                else coalesce(new.decided_at, clock_timestamp())
            end,
            new.decided_by, new.decision_note
        );
    end if;
    return null;
end;
$$;
create trigger keep_delivery_decision after insert or update on ops.delivery
for each row execute function ops.keep_delivery_decision();

insert into ops.delivery_decision (
    delivery_id, state, reasons, record_count, accepted_count, quarantined_count, decided_at, decided_by
)
select
    delivery_id, state, reasons, record_count, accepted_count, quarantined_count, coalesce(decided_at, landed_at),
    decided_by
from ops.delivery
where state in ('accepted', 'rejected')
order by delivery_id;

-- ---------------------------------------------------------------- attempts to pull

-- Known since recorded_at; attempted_at is when the pull began.
alter table ops.pull_attempt
add column failure_kind text check (
    failure_kind in ('unauthorised', 'unavailable', 'cut_off', 'not_ready', 'misconfigured')
),
add column recorded_at timestamptz not null default clock_timestamp();
update ops.pull_attempt set recorded_at = attempted_at;

-- ---------------------------------------------------------------- publications

-- The rows of the dimensions as a configuration once gave them: [{table, key, columns, rows}]. What a publication was
-- measured with, whatever files, libraries and program say later.
create table ops.dimension_state (
    dimension_hash text primary key,
    content jsonb not null,
    recorded_at timestamptz not null default clock_timestamp()
);
alter table ops.configuration add column dimension_hash text references ops.dimension_state; -- what it gave last
alter table ops.publication
add column dimension_hash text references ops.dimension_state,
add column marts text[];                     -- those that the program filled then: later ones are none of its figures

-- The definitions of the metrics that a publication measured: a figure is explained by its own, not by a later one.
create table mart.metric_definition (
    publication_id bigint not null references ops.publication on delete cascade,
    metric_id text not null,
    metric_version integer not null,
    name_vi text not null,
    name_en text not null,
    event text not null,
    denominator_scope text not null,
    online_levels smallint[] not null,
    is_official boolean not null,
    definition_vi text not null,
    legal_basis text,
    primary key (publication_id, metric_id)
);
insert into mart.metric_definition
select distinct
    fact.publication_id, metric.metric_id, metric.metric_version, metric.name_vi, metric.name_en, metric.event,
    metric.denominator_scope, metric.online_levels, metric.is_official, metric.definition_vi, metric.legal_basis
from mart.compliance_ytd as fact
inner join core.metric
    on fact.metric_id = metric.metric_id and fact.metric_version = metric.metric_version;

-- Why a unit has no data, in a sentence for officials: by the kind of failure, without hosts, accounts or paths.
alter table mart.reporting_status_month add column detail_vi text;
