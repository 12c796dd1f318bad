"""The running task: which month its run is about, and what it works with."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from onestop.airflow_bridge.configuration import current_jurisdiction
from onestop.pipeline import Pipeline
from onestop.settings import get_settings


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


def require_period() -> str:
    """`period_of_run` of a run that says itself which month it is about: by its parameter or its partition's key.

    Raises AirflowFailException: a month taken from the clock would be published by a click that names none.
    """
    context = get_current_context()
    if not context["params"].get("period") and not context["dag_run"].partition_key:
        raise AirflowFailException(
            "this run names no month: trigger it again with the parameter `period`, as in 2019-04"
        )
    return period_of_run()


def pipeline() -> Pipeline:
    """The steps of a month, for the running task."""
    return Pipeline(current_jurisdiction(), get_settings(), run_id=get_current_context()["run_id"])


def require_prepared() -> None:
    """Stop a task that runs whatever became of the sources when the run's `prepare` has not succeeded.

    Without it a warehouse that could not be prepared would look like a month in which nobody delivered.
    """
    if get_current_context()["ti"].xcom_pull(task_ids="prepare") is None:
        raise AirflowFailException(
            "`prepare` of this run has not succeeded; correct what it says, and clear it with all that follows"
        )
