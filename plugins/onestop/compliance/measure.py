"""The marts of a publication, and which publications a change reaches."""

import hashlib
from functools import cache

from sqlalchemy import Connection, text

from onestop.compliance.counting import count_dossiers, count_metrics, count_suspected_filing, drop_counts
from onestop.compliance.coverage import count_months
from onestop.compliance.marts import MARTS
from onestop.compliance.window import MONTHS_MEASURED, window
from onestop.jurisdiction.periods import Period
from onestop.warehouse.connection import analyse_few_rows
from onestop.warehouse.sql import SQL_ROOT, statement

_RULES = ("mart/*.sql", "core/*_as_of.sql", "core/succeeding_unit.sql", "ops/coverage_month.sql")
"""What says which dossiers and deliveries count, and as what."""

# By what they are looked up: plans turn on nothing else, and the other columns would take as long again.
_ANALYSE_COUNTS = text("""
    analyze
        mart.dossier_count_month (publication_id, period, unit_code, event, is_commune, figures_from),
        mart.reporting_status_month (publication_id, period, unit_key, unit_code)
""")


def measure(connection: Connection, publication_id: int, *, keeps_counts: bool = False) -> None:
    """Fill every mart of a publication, from the dossiers and deliveries as known at its `as_of`.

    The jurisdiction's thresholds and formula are those of the configuration that is recorded with it. With
    `keeps_counts`, months before the period are counted once, and their counts kept; otherwise from the dossiers alone.

    In the caller's transaction; the publication has no figures yet. Raises PeriodUnknownError or MonthGapError.
    """
    publication = connection.execute(
        text("""
            select
                publication.calendar,
                publication.period,
                publication.as_of,
                period.starts_at,
                period.ends_at,
                configuration.content ->> 'timezone' as timezone,
                configuration.content ->> 'suspect_filing' as suspect_filing,
                configuration.content ->> 'emulation' as emulation
            from ops.publication
            inner join core.period
                on
                    publication.calendar = period.calendar
                    and publication.period = period.period
            inner join ops.configuration
                on publication.configuration_hash = configuration.configuration_hash
            where publication.publication_id = :publication_id
        """),
        {"publication_id": publication_id},
    ).one()
    measured = window(connection, publication.calendar, publication.period)
    analyse_few_rows(connection)
    count_dossiers(connection, measured, publication.as_of, publication.timezone, keeps_counts=keeps_counts)
    count_months(connection, measured, publication.as_of, publication_id=publication_id)
    connection.execute(_ANALYSE_COUNTS)
    values = {**publication._mapping, "publication_id": publication_id}
    count_metrics(connection, publication_id)
    count_suspected_filing(connection, values)
    for mart in MARTS:
        connection.execute(statement(f"mart/{mart.name}.sql"), values)
    drop_counts(connection)


@cache
def rules_hash() -> str:
    """Return the digest of the statements that `measure` counts by: another program's may count otherwise."""
    files = sorted(path for pattern in _RULES for path in SQL_ROOT.glob(pattern))
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


def affected_periods(connection: Connection, period: Period) -> list[str]:
    """Return the periods that new data of `period` can change: itself, and published later ones that read its month.

    Those are the later ones of its year, by the year to date, and those of the next year whose row of missed months
    may reach back to it.
    """
    return list(
        connection.scalars(
            text("""
                select :period
                union
                select later.period
                from core.period
                inner join core.period as later
                    on
                        period.calendar = later.calendar
                        and period.starts_at < later.starts_at
                inner join ops.publication
                    on
                        later.calendar = publication.calendar
                        and later.period = publication.period
                        and publication.kind = 'official'
                        and publication.state = 'published'
                where
                    period.calendar = :calendar
                    and period.period = :period
                    and later.year * 12 + later.month - period.year * 12 - period.month < :months
                order by 1
            """),
            {"calendar": period.calendar, "period": period.code, "months": MONTHS_MEASURED},
        )
    )
