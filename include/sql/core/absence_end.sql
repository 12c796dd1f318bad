-- Ends the marks of dossiers that a later delivery of their source has again, refused rows included; or the one that lacked them, judged
-- again.
with ended as (
    update core.dossier_absence as held
    set known_to = clock_timestamp()
    from {{ typed }} as typed, ops.delivery as lacking
    where
        held.known_to = 'infinity'
        and held.source_id = :source_id
        and held.owner_unit_code = typed.unit_code
        and held.dossier_code = typed.dossier_code
        and held.delivery_id = lacking.delivery_id
        and (lacking.observed_at, lacking.delivery_id) <= (:observed_at, :delivery_id)
    returning held.dossier_code
)

insert into marked_dossier (dossier_code)
select dossier_code
from ended
