"""
### Refresh the month in course, every day

The same steps as `collect_dossiers` for the month in which the day lies, then a *provisional* publication, shown
apart from the official ones and never counted against a target. It asks nobody, alerts nobody and hands nothing over.
Sources that can say what has changed are asked only for that; `collect_dossiers` asks for everything.
May be run again at any time.
"""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, TriggerRule, task

from onestop.airflow_bridge import (
    current_jurisdiction,
    daily_timetable,
    period_of_run,
    period_param,
    pipeline,
    require_prepared,
    schedule_end,
    source_group,
)

jurisdiction = current_jurisdiction()

with DAG(
    dag_id="refresh_open_month",
    doc_md=__doc__,
    schedule=daily_timetable(jurisdiction),
    start_date=pendulum.datetime(2016, 1, 1, tz=jurisdiction.timezone),
    end_date=schedule_end(),
    catchup=False,
    max_active_runs=1,
    params={"period": period_param()},
    tags=["dossier", "provisional"],
):

    @task(retries=2)
    def prepare() -> str:
        """Bring the warehouse's dimensions and expected sources up to the configuration; return its hash."""
        return pipeline().prepare()

    @task(trigger_rule=TriggerRule.ALL_DONE, pool="warehouse", retries=2)
    def publish_provisional() -> int:
        """Measure the month so far from what every source has given, and show it as provisional."""
        require_prepared()
        steps = pipeline()
        publication_id = steps.measure(
            period_of_run(), kind="provisional", reason="daily refresh", requested_by="refresh_open_month"
        )
        return steps.publish(publication_id, approver="refresh_open_month", evidence={}).publication_id

    prepared, published = prepare(), publish_provisional()
    prepared >> published
    for source in jurisdiction.sources:
        prepared >> source_group(source, full=False) >> published
