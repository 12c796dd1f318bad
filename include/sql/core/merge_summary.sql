-- One row: a unit and month (UTC) of the accepted rows of a delivery, with the range of their codes and moments; the delivery's own month
-- is one (null), and spares most rows to be asked for theirs. Filled from the typed table when a merge begins.
create temporary table delivered_range on commit drop as
select
    unit_code,
    min(dossier_code) as first_code,
    max(dossier_code) as last_code,
    min(received_at) as first_received_at,
    max(received_at) as last_received_at,
    count(*) as row_count
from {{ typed }}
where reasons is null
group by
    unit_code,
    case
        when received_at >= :starts_at and received_at < :ends_at then null
        else date_trunc('month', received_at at time zone 'UTC')
    end
