-- Marks as older what a later delivery has already shown unchanged: the current version holds since that delivery.
with replaced as (
    select array_agg(distinct current_delivery_id) as delivery_ids
    from merge_row
    where outcome = 'changed'
),

later as (
    select array_agg(month.delivery_id) as delivery_ids
    from replaced
    inner join core.month_confirmation as month
        on replaced.delivery_ids && month.confirmed_delivery_ids
    where (month.observed_at, month.delivery_id) > (:observed_at, :delivery_id)
),

confirmed_later as (
    select
        merge_row.unit_code,
        merge_row.dossier_code
    from core.dossier_confirmation as confirmation
    cross join lateral string_to_table(confirmation.dossier_codes, chr(31)) as listed (dossier_code)
    inner join merge_row
        on
            confirmation.owner_unit_code = merge_row.unit_code
            and listed.dossier_code = merge_row.dossier_code
    where
        merge_row.outcome = 'changed'
        and confirmation.owner_unit_code = any(:unit_codes)
        and (confirmation.observed_at, confirmation.delivery_id) > (:observed_at, :delivery_id)
    union all
    select
        merge_row.unit_code,
        merge_row.dossier_code
    from later
    cross join merge_row
    cross join
        lateral core.confirming_month(
            later.delivery_ids, merge_row.current_delivery_id, merge_row.unit_code, merge_row.dossier_code,
            merge_row.current_received_at, merge_row.current_known_from, 'infinity'
        )
    where merge_row.outcome = 'changed'
)

update merge_row
set outcome = 'older'
from confirmed_later
where
    merge_row.outcome = 'changed'
    and merge_row.unit_code = confirmed_later.unit_code
    and merge_row.dossier_code = confirmed_later.dossier_code
