-- One row is one record of a delivery as text: NFC, trimmed, empty as null; filled by COPY, in the order of its columns.
-- Without personal data: applicants are a keyed hash in hexadecimal ("!" before it: the identity number stands for nobody).
-- <field>_seconds: the moment that the text means, since 1970; code_is_shaped: that the code looks as its rule says; code_is_new: that no
-- record before had the same. All where the reader knew it: else the text is looked at when it is judged.
-- read_problem: why the record could not be taken apart.
create unlogged table {{ staging }} (
    row_number bigint not null,
    {% for field in fields %}
        {{ field }} text,
    {% endfor %}
    applicant_key text,
    {% for field in moments %}
        {{ field }}_seconds bigint,
    {% endfor %}
    {% for mark in marks %}
        {{ mark }} boolean,
    {% endfor %}
    read_problem jsonb
) with (autovacuum_enabled = off);
