-- One row: how many dossiers deliveries have brought, those that several brought several times.
select count(*) as delivered_count
from core.delivered_dossier(
    :delivery_ids, :confirmed_delivery_ids, :unit_codes, :received_from, :received_to, :confirmed_at
)
