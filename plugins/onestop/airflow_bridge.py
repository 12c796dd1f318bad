"""Where onestop and Airflow meet: timetables, the period of a run, a source's tasks, connections, retries, the
hand-over of a month.

The only module of the library that imports Airflow. Everything else takes plain arguments and runs without it.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import (
    Asset,
    Connection,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    TaskGroup,
    WeightRule,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException, AirflowSkipException
from airflow.timetables.interval import CronDataIntervalTimetable

from onestop.jurisdiction import Jurisdiction, JurisdictionError, load_about, load_jurisdiction
from onestop.pipeline import Pipeline
from onestop.settings import get_settings
from onestop.sources import SourceAccess, SourceMisconfigured, pull_limit_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Context
    from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction

    from onestop.jurisdiction import Source
    from onestop.notice import Notice

# A partition of this asset is a month, such as "2019-04", whose dossiers have been collected and may be published.
DOSSIERS_COLLECTED = Asset("dossiers_collected")
COLLECTING_DAG = "collect_dossiers"
PUBLISHING_DAG = "publish_compliance"
CLOSING_TASK = "close"

PERIOD_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])$"

# Tasks that talk to agencies wait for a slot in the first pool, those that work in the warehouse in the second.
POOLS = {
    "sources": (16, "Pulls from the agencies' systems that may run at the same time"),
    "warehouse": (8, "Loads, checks and publications that may run in the warehouse at the same time"),
}

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[
                "onestop.sources.SourceUnauthorised",
                "onestop.sources.SourceMisconfigured",
                "onestop.sources.SourceNotReady",
                "onestop.reading.DeliveryRefused",
                "onestop.pipeline.PublicationBlocked",
                "onestop.publication.RestatementOutdatedError",
            ],
            action=RetryAction.FAIL,
            reason="trying again gives the same answer; a person has to act",
        ),
        RetryRule(
            exception=["onestop.sources.SourceUnavailable", "onestop.sources.SourceCutOff"],
            action=RetryAction.RETRY,
            reason="the source may answer at the next try",
        ),
        # A BaseException: no other rule would match it.
        RetryRule(
            exception="airflow.sdk.exceptions.AirflowTaskTimeout",
            action=RetryAction.RETRY,
            reason="the source was too slow; it may answer in time at the next try",
        ),
    ]
)


class IntervalTimetable(CronDataIntervalTimetable):
    """A data interval from one moment of a cron expression to the next; its run starts `delay` after the interval's
    end.

    `IntervalTimetable("0 0 1 * *", "Asia/Ho_Chi_Minh", timedelta(days=4))`: calendar months, each run on the 5th of
    the next month at 00:00. A plain cron string in a DAG would give an interval of no length and the run's own moment
    as its date.
    """

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


def period_param() -> Param:
    """The DAG parameter that names the month instead of the schedule; REST and backfill refuse anything but YYYY-MM."""
    return Param(
        None,
        type=["null", "string"],
        pattern=PERIOD_PATTERN,
        description="The month to work on, such as 2019-04. Empty: the month of the run's data interval.",
    )


def period_code(
    *,
    timezone: str,
    period: str | None,
    partition_key: str | None,
    data_interval_start: datetime | None,
    run_after: datetime,
) -> str:
    """The month a run is about, such as "2019-04": the parameter, else the partition's key, else the local month in
    which the data interval starts, else the local month before `run_after` (a manual run without a date).

    An asset-triggered run has no data interval, and a manual run with a date of May has April's: nothing else may
    decide this.
    """
    if period:
        return period
    if partition_key:
        return partition_key
    zone = ZoneInfo(timezone)
    if data_interval_start is not None:
        return f"{data_interval_start.astimezone(zone):%Y-%m}"
    first_of_month = run_after.astimezone(zone).replace(day=1)
    return f"{first_of_month - timedelta(days=1):%Y-%m}"


def period_of_run() -> str:
    """`period_code` of the running task's run."""
    context = get_current_context()
    run = context["dag_run"]
    return period_code(
        timezone=current_jurisdiction().timezone,
        period=context["params"].get("period"),
        partition_key=run.partition_key,
        data_interval_start=run.data_interval_start,
        run_after=run.run_after,
    )


def pipeline() -> Pipeline:
    """The steps of a month, for the running task."""
    return Pipeline(current_jurisdiction(), get_settings(), run_id=get_current_context()["run_id"])


def source_group(source: Source, *, full: bool = True) -> TaskGroup:
    """The three tasks of one source: pull → load → check, handing on nothing but the delivery's id.

    Without `full` a source that can say what has changed is asked only for that. A month that is closed is asked for in
    full: what its changes missed comes then.
    """
    # Later steps first: a month is finished before the next one is begun.
    later_first = {"weight_rule": WeightRule.UPSTREAM}
    with TaskGroup(source.id, tooltip=source.title_vi, default_args=later_first) as group:

        @task(
            pool="sources",
            retries=3,
            retry_policy=RETRY_POLICY,
            execution_timeout=timedelta(seconds=pull_limit_seconds(source) + 60),
        )
        def pull() -> int:
            if not source.is_expected(current_jurisdiction().period(period_of_run())):
                raise AirflowSkipException(f"nothing is expected of {source.id} for {period_of_run()}")
            access = source_access(source.connection_id)
            return pipeline().pull(source.id, period_of_run(), access, pulled_at=datetime.now(UTC), full=full)

        @task(pool="warehouse", retries=2, retry_policy=RETRY_POLICY)
        def load(delivery_id: int) -> int:
            pipeline().load(source.id, delivery_id)
            return delivery_id

        @task(pool="warehouse", retries=2, retry_policy=RETRY_POLICY)
        def check(delivery_id: int) -> int:
            pipeline().check(source.id, delivery_id, period_of_run())
            return delivery_id

        check(load(pull()))
    return group


def require_prepared() -> None:
    """Stop a task that runs whatever became of the sources when the run's `prepare` has not succeeded.

    Without it a warehouse that could not be prepared would look like a month in which nobody delivered.
    """
    if get_current_context()["ti"].xcom_pull(task_ids="prepare") is None:
        raise AirflowFailException(
            "`prepare` of this run has not succeeded; correct what it says, and clear it with all that follows"
        )


def hand_over(context: Context, periods: list[str]) -> None:
    """Ask for the publication of these months, saying which run asks and on whose behalf."""
    run = context["dag_run"]
    event = context["outlet_events"][DOSSIERS_COLLECTED]
    event.add_partitions(periods)
    event.extra = {
        "collected_period": period_of_run(),
        "run_id": run.run_id,
        "run_type": run.run_type.value,
        "requested_by": run.triggering_user_name or "schedule",
    }


def requests(context: Context) -> list[dict[str, Any]]:
    """What `hand_over` said to the running publication: none when a person started it, several when months were
    coalesced.
    """
    events = context["triggering_asset_events"] or {}
    return [dict(event.extra) for several in events.values() for event in several]


def is_superseded(period: str) -> bool:
    """Say whether a collection in flight will ask for the period's publication again, so that one now would only add
    a revision.

    That is so while the period itself is being collected, and, once it has been published, while an earlier month of
    its year is.
    """
    this_month = current_jurisdiction().period(period)
    earlier = [month.starts_at for month in this_month.months_of_year_to_date() if month.code != period]
    if _is_being_collected([this_month.starts_at]):
        return True
    return bool(earlier) and pipeline().is_published(period) and _is_being_collected(earlier)


def _is_being_collected(logical_dates: list[datetime]) -> bool:
    instance = get_current_context()["ti"]
    if not instance.get_dr_count(COLLECTING_DAG, logical_dates=logical_dates, states=["queued", "running"]):
        return False
    states = instance.get_task_states(COLLECTING_DAG, task_ids=[CLOSING_TASK], logical_dates=logical_dates)
    return any(
        state not in {"success", "failed", "skipped", "upstream_failed", "removed"}
        for run in states.values()
        for state in run.values()
    )


_TEXTS = {
    "site_title": {"vi": "Dịch vụ công trực tuyến", "en": "Online public services"},
    "hand_in": {"vi": "Nộp số liệu", "en": "Hand in figures"},
    "approval_subject": {"vi": "Công bố bảng dịch vụ công trực tuyến", "en": "Publish the table of"},
    "no_warnings": {"vi": "Không có cảnh báo.", "en": "No warnings."},
    # Why a month is published, as its page says: its own collection, another month's, or a person's order.
    "reason_collected": {"vi": "Đã thu thập hồ sơ kỳ {months}", "en": "Dossiers of {months} collected"},
    "reason_collected_before": {
        "vi": "Đã thu thập hồ sơ kỳ {months}, tính vào lũy kế của kỳ này",
        "en": "Dossiers of {months} collected, which this month's year to date counts",
    },
    "reason_ordered": {"vi": "Công bố theo yêu cầu", "en": "Ordered by hand"},
}


def text_in_airflow(key: str) -> str:
    """What people read in Airflow's own pages, in the jurisdiction's main language; texts of jurisdiction.yaml first.

    Reads that one file only: plugins are loaded in every process. A folder that cannot be read is told of elsewhere.
    """
    try:
        about = load_about(get_settings().jurisdiction_folder)
    except JurisdictionError:
        return _TEXTS[key]["vi"]
    language = about.languages[0]
    return about.texts.get(f"{key}_{language}") or _TEXTS[key][language]


def is_last_in_line() -> bool:
    """Say whether the running publication is the last of those that are ordered: none waits, and nothing is collected.

    A backfill or a restatement of many months is one piece of news, told when its last month is published. Needs
    DOSSIERS_COLLECTED among the task's inlets.
    """
    context = get_current_context()
    instance, run = context["ti"], context["dag_run"]
    in_flight = ["queued", "running"]
    if instance.get_dr_count(PUBLISHING_DAG, states=in_flight) > 1:
        return False
    if instance.get_dr_count(COLLECTING_DAG, states=in_flight):
        return False
    # A month handed over gets its run when the one before it has ended; until then only the hand-over tells of it.
    answered = [event.timestamp for events in (context["triggering_asset_events"] or {}).values() for event in events]
    since = max(answered, default=run.run_after)
    later = context["inlet_events"][DOSSIERS_COLLECTED].after(since.isoformat())
    ordered = {event.partition_key: event.timestamp for event in later if event.timestamp > since}
    return not any(pipeline().awaits_publication(period, moment) for period, moment in ordered.items() if period)


def current_jurisdiction() -> Jurisdiction:
    """The configured jurisdiction, read again only when a file of its folder has changed.

    The scheduler reads it once before it forks (`config/airflow_local_settings.py`); every task then finds it in its
    memory.
    """
    folder = get_settings().jurisdiction_folder
    return _jurisdiction(folder, tuple(_file_states(folder)))


def _file_states(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            state = path.stat()
            yield str(path), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=2)
def _jurisdiction(folder: Path, _states: tuple[tuple[str, int, int], ...]) -> Jurisdiction:
    return load_jurisdiction(folder)


def source_access(connection_id: str) -> SourceAccess:
    """Host, login and secret of an Airflow connection (environment `AIRFLOW_CONN_…`, a secrets backend, or the
    metadata database). A source whose files are uploaded needs none: its access is the folder of uploads.

    Raises SourceMisconfigured when no such connection exists.
    """
    if any(
        one.connection_id == connection_id and one.access.kind == "upload" for one in current_jurisdiction().sources
    ):
        return SourceAccess(extra={"root": get_settings().uploads_root})
    try:
        connection = Connection.get(connection_id)
    except AirflowNotFoundException as error:
        raise SourceMisconfigured(
            source_id=connection_id,
            period=None,
            endpoint=f"connection {connection_id}",
            expected="an Airflow connection of this name",
            seen="none",
            remedy=f"Add it as AIRFLOW_CONN_{connection_id.upper()}, in the secrets backend, or with "
            f"`airflow connections add {connection_id}`.",
        ) from error
    return SourceAccess(
        host=connection.host,
        port=connection.port,
        login=connection.login,
        password=connection.password,
        schema=connection.schema,
        extra=connection.extra_dejson,
    )


class SmtpSender:
    """Sends notices through an SMTP connection of Airflow, all through one session; use as a context manager.

    Addresses, TLS, login and timeouts are those of Airflow's SMTP provider and its connection (extra `from_email`
    names the sender).
    """

    def __init__(self, connection_id: str = "smtp_default") -> None:
        """Name the connection; nothing is opened yet."""
        self._hook = SmtpHook(smtp_conn_id=connection_id)

    def __enter__(self) -> SmtpSender:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._hook._smtp_client is not None:  # the hook takes it for granted, and nothing may have been sent
            self._hook.__exit__(None, None, None)

    def __call__(self, notice: Notice) -> None:
        """Send one notice. Raises smtplib.SMTPException or OSError when the server does not take it."""
        from onestop.notice import mime_message  # noqa: PLC0415 - tasks of notices only need it

        hook = self._hook.get_conn()
        written = mime_message(notice, hook.from_email or hook.smtp_user or "")
        try:
            hook._smtp_client.send_message(written)  # its own sending has no plain-text part
        except (SMTPException, OSError):
            self._close()  # the next notice begins a new session
            raise


def prepare_metadata(administrator: str, password: str) -> None:
    """Migrate Airflow's metadata database, make the pools, and the administrator when there is none of that name.

    One process does what `airflow db migrate`, `airflow pools set` and `airflow users create` would do in four.
    """
    from airflow.models.pool import Pool  # noqa: PLC0415 - server-side Airflow, which tasks and DAG files do not need
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder  # noqa: PLC0415
    from airflow.utils.db import upgradedb  # noqa: PLC0415

    upgradedb()
    for name, (slots, description) in POOLS.items():
        Pool.create_or_update_pool(name, slots, description, include_deferred=False)
    with get_application_builder() as builder:
        security = builder.sm
        if security.find_user(administrator) is None:
            role = security.find_role("Admin")
            security.add_user(administrator, administrator, "onestop", f"{administrator}@localhost", role, password)
