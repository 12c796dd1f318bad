-- What a delivery had brought or confirmed and, judged again, does not bring any more: the rows that it left say what was known, and stand
-- for nothing now. Without this, a replay would make current again what another replay has refused. A key is the columns of the dataset's
-- key, separated by U+001F.
create table core.withdrawn_record (
    delivery_id bigint not null references ops.delivery,
    record_key text not null,
    primary key (delivery_id, record_key)
);
