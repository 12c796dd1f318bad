-- One row at most: what the full one of some deliveries confirmed as a month, as core.delivered_dossier takes it. Moments as one text
-- whatever the session's style of dates is: that of a source while it is judged.
select
    confirmed_delivery_ids,
    unit_codes,
    to_char(received_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00"') as received_from,
    to_char(received_to at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00"') as received_to,
    to_char(confirmed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00"') as confirmed_at
from core.month_confirmation
where delivery_id = any(:delivery_ids)
