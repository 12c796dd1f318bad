"""From collecting to publishing: months are handed over, and a publication looks at what is still in line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, get_current_context

from onestop.airflow_bridge.configuration import current_jurisdiction
from onestop.airflow_bridge.runs import period_of_run, pipeline

if TYPE_CHECKING:
    from airflow.sdk import Context

# A partition of this asset is a month, such as "2019-04", whose dossiers have been collected and may be published.
DOSSIERS_COLLECTED = Asset("dossiers_collected")
COLLECTING_DAG = "collect_dossiers"
PUBLISHING_DAG = "publish_compliance"
CLOSING_TASK = "close"


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
