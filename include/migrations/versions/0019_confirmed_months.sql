-- What a full delivery showed unchanged of its own month, told by the versions that it found instead of by the codes of a million dossiers:
-- they are kept as long as history is. core.dossier_confirmation lists the rest.
create table core.month_confirmation (
    delivery_id bigint primary key,
    confirmed_at timestamptz not null,            -- the moment of the merge: what was current then
    observed_at timestamptz not null,
    confirmed_delivery_ids bigint[] not null,     -- of the versions of these deliveries, the source's earlier ones of the month,
    unit_codes text[] not null,                   -- of these units,
    received_from timestamptz not null,           -- received between these moments, both included,
    received_to timestamptz not null              -- but for core.unconfirmed_dossier
);

create table core.unconfirmed_dossier (
    delivery_id bigint not null,
    owner_unit_code text not null,
    dossier_code text not null,
    primary key (delivery_id, owner_unit_code, dossier_code)
);

-- It takes more arguments from now on.
drop function if exists core.delivered_dossier(bigint[]);
