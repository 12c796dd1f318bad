-- One row: the digest of a publication's figures; equal figures have an equal digest, whenever and from whatever revision they were built.
-- Read by publication.build; surrogate keys and explanations are left out. Ordered by bytes, whatever the database's collation.
with figure as (
    select
        concat_ws(
            '|', 'month', unit_code, scope, metric_id, metric_version, coalesce(numerator, -1), coalesce(denominator, -1),
            coalesce(online_level_3_count, -1), coalesce(online_level_4_count, -1), coalesce(online_other_count, -1),
            coalesce(direct_count, -1), coalesce(post_count, -1), coalesce(target_operator, ''), coalesce(target_num, -1),
            coalesce(target_den, -1), status, reporting_status, coalesce(rank, -1), coalesce(months_missed_in_a_row, -1)
        ) as written
    from mart.compliance_month
    where publication_id = :publication_id
    union all
    select
        concat_ws(
            '|', 'ytd', unit_code, scope, metric_id, metric_version, coalesce(numerator, -1), coalesce(denominator, -1),
            coalesce(online_level_3_count, -1), coalesce(online_level_4_count, -1), coalesce(online_other_count, -1),
            coalesce(direct_count, -1), coalesce(post_count, -1), coalesce(target_operator, ''), coalesce(target_num, -1),
            coalesce(target_den, -1), status, months_reported, months_expected, coalesce(rank, -1), coalesce(online_needed_per_month, -1)
        ) as written
    from mart.compliance_ytd
    where publication_id = :publication_id
)

select encode(sha256(convert_to(string_agg(written, E'\n' order by written collate "C"), 'UTF8')), 'hex') as content_hash
from figure
