-- Takes away from the dossiers that a full delivery of a month does not have those that its source tells in another month since: their
-- receipt was corrected, and what their own month lacks of them is no gap.
delete from absent_dossier as absent
using core.dossier_version as held, ops.delivery as bringing
where
    held.known_to = 'infinity'
    and absent.owner_unit_code = held.owner_unit_code
    and absent.dossier_code = held.dossier_code
    and held.delivery_id = bringing.delivery_id
    and bringing.source_id = :source_id
    and bringing.period <> :period
