-- One row is one record of a delivery as text: NFC, trimmed, empty as null; filled by COPY, in the order of its columns.
-- Without personal data: applicants are a keyed hash in hexadecimal. read_problem: why the record could not be taken apart.
create unlogged table {{ staging }} (
    row_number bigint not null,
    dossier_code text,
    unit text,
    procedure_code text,
    procedure_name text,
    channel text,
    service_level text,
    status text,
    applicant_type text,
    commune text,
    submitted_at text,
    received_at text,
    due_at text,
    finished_at text,
    returned_at text,
    fee_amount text,
    payment_method text,
    applicant_key text,
    read_problem jsonb
) with (autovacuum_enabled = off);
