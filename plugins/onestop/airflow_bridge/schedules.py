"""When DAGs run: data intervals of the jurisdiction, and the parameter that names a month instead."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk import Param
from airflow.timetables.interval import CronDataIntervalTimetable

from onestop.airflow_bridge.configuration import current_jurisdiction
from onestop.settings import get_settings

if TYPE_CHECKING:
    from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction

    from onestop.jurisdiction import Jurisdiction

PERIOD_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


class IntervalTimetable(CronDataIntervalTimetable):
    """A data interval from one moment of a cron expression to the next; its run starts `delay` after the interval's
    end.

    `IntervalTimetable("0 0 1 * *", "Asia/Ho_Chi_Minh", timedelta(days=4))`: calendar months, each run on the 5th of
    the next month at 00:00. A plain cron string in a DAG would give an interval of no length and the run's own moment
    as its date.
    """

    # By this name Airflow keeps it in the metadata database, with every version of a DAG that there has been.
    __module__ = "onestop.airflow_bridge"

    description: str

    def __init__(self, cron: str, timezone: Any, delay: timedelta = timedelta(0)) -> None:
        """Take `timezone` as an IANA name or as Airflow's own object."""
        super().__init__(cron, timezone)
        self.delay = delay
        if delay:
            self.description = f"{self.description}, run {delay} after the interval's end"

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Give the next interval with its delayed `run_after`."""
        info = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        return None if info is None else info._replace(run_after=info.run_after + self.delay)

    def serialize(self) -> dict[str, Any]:
        """Give what `deserialize` needs, as JSON."""
        return {**super().serialize(), "delay": self.delay.total_seconds()}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> IntervalTimetable:
        """Build the timetable that was serialised."""
        timetable = super().deserialize(data)
        return cls(timetable._expression, timetable._timezone, timedelta(seconds=data["delay"]))

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) is True and getattr(other, "delay", None) == self.delay

    def __hash__(self) -> int:
        return hash((self._expression, self._timezone, self.delay))


def monthly_timetable(jurisdiction: Jurisdiction) -> IntervalTimetable:
    """Calendar months of the jurisdiction, each run when the month closes for deliveries."""
    some_month = jurisdiction.period("2019-01")
    return IntervalTimetable("0 0 1 * *", jurisdiction.timezone, some_month.closes_at - some_month.ends_at)


def daily_timetable(jurisdiction: Jurisdiction) -> IntervalTimetable:
    """Days of the jurisdiction, each run at 02:00 of the next day, when the agencies' own nightly jobs are done."""
    return IntervalTimetable("0 0 * * *", jurisdiction.timezone, timedelta(hours=2))


def schedule_end() -> datetime | None:
    """The last moment for which schedules make runs by themselves (`ONESTOP_SCHEDULE_UNTIL`, a date); none by default.

    The example province lives in 2019: its systems are not asked for the present month.
    """
    jurisdiction, last_day = current_jurisdiction(), get_settings().schedule_until
    return None if last_day is None else datetime.combine(last_day, time.max, ZoneInfo(jurisdiction.timezone))


def period_param(
    if_empty: str = "Empty: the month of the run's data interval; without one, the month before the run starts.",
) -> Param:
    """The DAG parameter that names the month instead of the schedule; REST and backfill refuse anything but YYYY-MM.

    `if_empty`: what its description says of a run that leaves it empty.
    """
    return Param(
        None,
        type=["null", "string"],
        pattern=PERIOD_PATTERN,
        description=f"The month to work on, such as 2019-04. {if_empty}",
    )
