-- Versions of what sources deliver beside dossiers. As in core.dossier_version: one row is one state of a record as known,
-- known from known_from (inclusive) until known_to (exclusive); the key comes first; the later observed delivery wins.

-- Form 06a as an agency reports it (TT 01/2020/TT-VPCP), one row a unit and month: for agencies that send no dossiers, and
-- to be reconciled with our own counts. Column numbers are the form's.
create table core.reported_total_version (
    owner_unit_code text not null,
    period text not null,                    -- calendar month, 2019-04
    source_id text not null,
    received_total bigint,                   -- 3 = 4 + 5 + 6
    received_online bigint,                  -- 4
    received_direct bigint,                  -- 5: directly or by public post
    carried_over bigint,                     -- 6
    resolved_total bigint,                   -- 7 = 8 + 9 + 10
    resolved_early bigint,                   -- 8
    resolved_on_time bigint,                 -- 9
    resolved_late bigint,                    -- 10
    pending_total bigint,                    -- 11 = 12 + 13
    pending_in_time bigint,                  -- 12
    pending_overdue bigint,                  -- 13
    resolved_online_level_3 bigint,          -- beside the form: of 7, filed online at level 3
    resolved_online_level_4 bigint,          -- of 7, filed online at level 4
    received_online_level_3 bigint,          -- of 4
    received_online_level_4 bigint,          -- of 4
    row_hash bigint not null,
    delivery_id bigint not null references ops.delivery,
    observed_at timestamptz not null,
    known_from timestamptz not null,
    known_to timestamptz not null default 'infinity'
);
create unique index on core.reported_total_version (owner_unit_code, period) where known_to = 'infinity';
create index on core.reported_total_version (period);

-- Payments for dossiers, as the agency's cashier, a payment gateway or a bank states them: the same payment may stand in
-- several statements, which are reconciled with each other.
create table core.payment_version (
    owner_unit_code text not null,
    statement text not null check (statement in ('agency', 'gateway', 'bank')),
    payment_code text not null,              -- the payer's transaction, the same in every statement
    source_id text not null,
    dossier_code text,
    payment_method text not null check (payment_method in ('counter', 'national_gateway', 'local_gateway', 'bank_transfer')),
    status text not null check (status in ('paid', 'refunded', 'failed')),
    amount numeric(18, 2) not null,
    paid_at timestamptz not null,
    row_hash bigint not null,
    delivery_id bigint not null references ops.delivery,
    observed_at timestamptz not null,
    known_from timestamptz not null,
    known_to timestamptz not null default 'infinity'
);
create unique index on core.payment_version (owner_unit_code, statement, payment_code) where known_to = 'infinity';
create index on core.payment_version (paid_at);

-- Registers kept by hand: reviews of accountability (dispatch 1730, items 1 and 4), publicity activities (5 and 6), and
-- milestones of the portal (3).
create table core.register_entry_version (
    owner_unit_code text,                    -- null: a body that is not on the roster
    register text not null check (register in ('accountability_review', 'publicity_activity', 'portal_milestone')),
    entry_code text not null,
    source_id text not null,
    body_name text,                          -- who acts, when it is no unit of the roster: a newspaper, a union
    title text not null,
    due_on date,
    done_on date,                            -- null: not done yet
    quantity integer,                        -- articles, broadcasts, people reached
    reference text,                          -- number and date of the document
    row_hash bigint not null,
    delivery_id bigint not null references ops.delivery,
    observed_at timestamptz not null,
    known_from timestamptz not null,
    known_to timestamptz not null default 'infinity'
);
create unique index on core.register_entry_version (register, source_id, entry_code) where known_to = 'infinity';
