-- The marts beside compliance, and where a figure comes from. Every row belongs to a publication and is of its period;
-- the roster of that period, and who reported, stand in mart.reporting_status_month.
-- In every mart null is "no data" or "not known", and never zero.

-- ---------------------------------------------------------------- where a figure comes from

-- dossiers: counted from them. reported_total: from the form 06a of an agency that is expected to send no dossiers.
alter table mart.dossier_count_month add column figures_from text not null default 'dossiers'
    check (figures_from in ('dossiers', 'reported_total'));
alter table mart.dossier_count_month drop constraint dossier_count_month_pkey;
alter table mart.dossier_count_month add primary key (
    publication_id, period, unit_code, event, is_commune, channel, service_level, figures_from
);
alter table mart.reporting_status_month add column figures_from text -- null = nothing is expected
    check (figures_from in ('dossiers', 'reported_total'));
alter table mart.compliance_month add column figures_from text       -- null = no data
    check (figures_from in ('dossiers', 'reported_total'));
alter table mart.compliance_ytd add column figures_from text         -- mixed: from dossiers in some months only
    check (figures_from in ('dossiers', 'reported_total', 'mixed'));
update mart.reporting_status_month set figures_from = 'dossiers' where reporting_status <> 'not_expected';
update mart.compliance_month set figures_from = 'dossiers' where denominator is not null;
update mart.compliance_ytd set figures_from = 'dossiers' where denominator is not null;

-- Finds the dossiers that were open at a moment, whenever they were received: what a month carries over.
create index on core.dossier_version (known_to) where status_group in ('in_process', 'paused');

-- ---------------------------------------------------------------- mart: who handled what

-- A procedure of a unit; procedure_code '' = dossiers without one: every unit has this row.
create table mart.procedure_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    procedure_code text not null,
    received_count bigint,
    received_online_level_3_count bigint,
    received_online_level_4_count bigint,
    received_online_other_count bigint,
    received_direct_count bigint,
    received_post_count bigint,
    resolved_count bigint,
    resolved_online_level_3_count bigint,
    resolved_online_level_4_count bigint,
    resolved_online_other_count bigint,
    resolved_direct_count bigint,
    resolved_post_count bigint,
    primary key (publication_id, unit_code, procedure_code)
);

-- A commune's desk of a district; commune_code '' = the district's own desk.
create table mart.commune_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    commune_code text not null,
    received_count bigint,
    received_online_level_3_count bigint,
    received_online_level_4_count bigint,
    received_online_other_count bigint,
    received_direct_count bigint,
    received_post_count bigint,
    resolved_count bigint,
    resolved_online_level_3_count bigint,
    resolved_online_level_4_count bigint,
    resolved_online_other_count bigint,
    resolved_direct_count bigint,
    resolved_post_count bigint,
    primary key (publication_id, unit_code, commune_code)
);

create table mart.timeliness_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    resolved_count bigint,                   -- = early + on time + late + without a due date
    resolved_early_count bigint,
    resolved_on_time_count bigint,
    resolved_late_count bigint,
    resolved_no_due_date_count bigint,
    pending_count bigint,                    -- at the month's end = in time + overdue + without a due date
    pending_in_time_count bigint,
    pending_overdue_count bigint,
    pending_no_due_date_count bigint,
    pending_paused_count bigint,             -- of the pending ones: waits for the applicant, or was stopped
    longest_overdue_days integer,            -- null = nothing is overdue
    primary key (publication_id, unit_code)
);

-- Form II.06a of TT 01/2020/TT-VPCP, as named in core.reported_total_version; numbers are the form's columns.
create table mart.form_06a (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    figures_from text check (figures_from in ('dossiers', 'reported_total')), -- null = no data
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
    withdrawn_received bigint,               -- beside the form: received and withdrawn in the month, in none of 3 to 13
    withdrawn_carried_over bigint,           -- pending at the month's beginning, withdrawn in it: in none of 3 to 13
    primary key (publication_id, unit_code)
);

-- Dossiers on procedures that could have been filed online. procedure_code '' = without one: every unit has this row.
create table mart.missed_online_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    procedure_code text not null,
    eligible_count bigint,                   -- received on a procedure offered online at receipt
    online_count bigint,
    direct_count bigint,                     -- the missed ones
    post_count bigint,
    primary key (publication_id, unit_code, procedure_code)
);

-- The catalogue in force on the period's last day, by level.
create table mart.service_level_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    service_level smallint not null,
    service_count bigint not null,           -- procedures at this level
    with_dossier_count bigint not null,      -- … that received a dossier in the month, anywhere
    with_online_dossier_count bigint not null,
    without_dossier_count bigint not null,
    procedures_without_dossier text[] not null,
    units_without_data_count bigint not null, -- whose dossiers are not known: they may have had some
    primary key (publication_id, service_level)
);

-- ---------------------------------------------------------------- mart: money, and what others say

-- Dossiers resolved in the month by fee and payment.
create table mart.payment_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    resolved_count bigint,                   -- = with a fee + without a fee + fee not known
    with_fee_count bigint,                   -- = national + local gateway + counter + unpaid + method not known
    without_fee_count bigint,
    fee_unknown_count bigint,
    paid_online_count bigint,                -- = national gateway + local gateway
    national_gateway_count bigint,
    local_gateway_count bigint,
    counter_count bigint,
    unpaid_count bigint,
    method_unknown_count bigint,
    fee_amount numeric(20, 2),
    paid_online_amount numeric(20, 2),
    primary key (publication_id, unit_code)
);

-- Two statements of the same thing held against each other.
create table mart.reconciliation_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    comparison text not null check (
        comparison in ('form_06a', 'payment_agency_gateway', 'payment_agency_bank', 'payment_gateway_bank')
    ),
    item text not null,                      -- a column of form 06a; payments
    status text not null check (status in ('equal', 'different', 'not_stated', 'no_data')),
    first_value bigint,                      -- ours; or payments in the first statement
    second_value bigint,                     -- the agency's declared total; or payments in the second statement
    matched_count bigint,                    -- payments in both, equal
    only_first_count bigint,
    only_second_count bigint,
    differing_count bigint,                  -- payments in both, of another amount or refunded in one only
    first_amount numeric(20, 2),
    second_amount numeric(20, 2),
    primary key (publication_id, unit_code, comparison, item)
);

-- ---------------------------------------------------------------- mart: how far the figures can be trusted

-- A source expected to deliver for a unit; source_id '' = no source is expected.
create table mart.quality_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    source_id text not null,
    dataset text,
    state text not null check (state in ('accepted', 'rejected', 'missing', 'not_expected')),
    delivery_count bigint not null,          -- decided until then, accepted or not
    record_count bigint,                     -- of the last one decided, as all that follows
    accepted_count bigint,
    quarantined_count bigint,
    quarantined_by_rule jsonb,               -- {rule: rows}; a row that broke several rules counts in each
    duplicate_count bigint,                  -- rows that repeat a dossier of the same delivery
    late_days integer,                       -- of the first accepted one after the due day; 0 = in time, null = not known
    is_unchanged boolean,                    -- the bytes of the month before once more; null = nothing to compare
    primary key (publication_id, unit_code, source_id)
);

-- Dossiers filed online in the month whose filing looks arranged; never a refusal.
create table mart.suspect_filing_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    received_count bigint,
    online_count bigint,                     -- at the levels that count
    burst_count bigint,                      -- of the online ones: many in one minute
    same_applicant_count bigint,             -- many of one applicant in the month
    counter_assisted_count bigint,           -- accepted within minutes of being filed
    same_minute_count bigint,                -- finished in the minute in which it was filed
    suspected_count bigint,                  -- any of the four
    is_rate_jump boolean,                    -- null = too little to compare with
    earlier_online_count bigint,             -- pooled over the months compared with
    earlier_received_count bigint,
    primary key (publication_id, unit_code)
);

-- ---------------------------------------------------------------- mart: what was ordered, and the score

-- The registers of a unit, or of a body that is not on the roster (unit_code ''; body_name '' for units).
create table mart.directive_month (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    register text not null check (register in ('accountability_review', 'publicity_activity', 'portal_milestone')),
    unit_code text not null,
    body_name text not null,
    due_count bigint,                        -- due in the month; null = the register is not kept
    done_count bigint,                       -- done in the month
    done_quantity bigint,                    -- null = none of those done states one
    open_count bigint,                       -- not done at the month's end, due or not
    overdue_count bigint,                    -- of those, due before
    done_in_year_count bigint,               -- from the year's beginning to the month's end
    primary key (publication_id, register, unit_code, body_name)
);

-- A part of a unit's score; part_id 'total' is their sum.
create table mart.emulation_score (
    publication_id bigint not null references ops.publication on delete cascade,
    period text not null,
    unit_code text not null,
    part_id text not null,
    formula_version integer not null,
    title_vi text not null,                  -- of the part; of the total: of the formula
    title_en text not null,
    figure text,                             -- that the part looks at; null for the total
    numerator bigint,                        -- of the figure that the part looks at
    denominator bigint,
    points numeric(9, 4),                    -- null = no data, and the part is left out
    max_points numeric(9, 4),                -- null = left out
    rank integer,                            -- of the total, within the unit's group: 1, 2, 2, 4
    primary key (publication_id, unit_code, part_id)
);
