-- Ends the marks of dossiers that a later delivery of their source has again, refused rows included; or the one that lacked them, judged
-- again; or one of another month that they are in since their receipt was corrected, whenever it comes.
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
        and (
            (lacking.observed_at, lacking.delivery_id) <= (:observed_at, :delivery_id)
            or (
                held.period <> :period
                and exists (
                    select 1
                    from core.dossier_version as brought
                    where
                        brought.known_to = 'infinity'
                        and brought.owner_unit_code = held.owner_unit_code
                        and brought.dossier_code = held.dossier_code
                        and brought.delivery_id = :delivery_id
                )
            )
        )
    returning held.dossier_code
)

insert into marked_dossier (dossier_code)
select dossier_code
from ended
