-- One row: what an agency was told of a delivery. Filled with the decision; a later judgement replaces it, and keeps the mail.
insert into ops.delivery_answer as held (delivery_id, files, told_count, data_docs_path, notice_id)
values (:delivery_id, :files, :told_count, :data_docs_path, :notice_id)
on conflict (delivery_id) do update
    set
        files = excluded.files,
        told_count = excluded.told_count,
        data_docs_path = excluded.data_docs_path,
        notice_id = coalesce(held.notice_id, excluded.notice_id),
        answered_at = clock_timestamp()
    where
    (held.files, held.told_count, held.data_docs_path)
    is distinct from (excluded.files, excluded.told_count, excluded.data_docs_path)
