-- One row: the digest of a publication's rows of one mart; equal figures have an equal digest, from whatever revision they were built.
-- Read by publication.build for every mart of figures; surrogate keys are left out. Ordered by bytes, whatever the database's collation.
select
    encode(
        sha256(convert_to(coalesce(string_agg(written, E'\n' order by written collate "C"), ''), 'UTF8')), 'hex'
    ) as content_hash
from (
    select (to_jsonb(fact) - array['publication_id', 'period', 'unit_key'])::text as written
    from {{ mart }} as fact
    where fact.publication_id = :publication_id
) as figure
