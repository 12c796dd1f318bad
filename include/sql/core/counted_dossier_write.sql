-- Adds what publication.build counted of months before its period (received_count, received_change) to the counts that are kept of them.
merge into core.counted_dossier as kept
using (
    select
        :calendar as calendar,
        period,
        unit_code,
        desk,
        channel,
        service_level,
        is_received,
        resolved_from,
        dossier_count
    from {{ received_count }}
    where period = any(cast(:periods as text[]))
) as counted
    on
        kept.calendar = counted.calendar
        and kept.period = counted.period
        and kept.unit_code = counted.unit_code
        and kept.desk = counted.desk
        and kept.channel = counted.channel
        and kept.service_level = counted.service_level
        and kept.is_received = counted.is_received
        and kept.resolved_from = counted.resolved_from
when matched then
    update set dossier_count = kept.dossier_count + counted.dossier_count
when not matched then
    insert (calendar, period, unit_code, desk, channel, service_level, is_received, resolved_from, dossier_count)
    values (
        counted.calendar, counted.period, counted.unit_code, counted.desk, counted.channel, counted.service_level,
        counted.is_received, counted.resolved_from, counted.dossier_count
    )
