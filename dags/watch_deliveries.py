"""
### Watch who has not delivered, every day

After a month's due day: which units of the roster have not reported it, and through which source. Opens the alerts
"missing delivery", resolves them when the delivery has come, and tells each change once, by the routes of the
jurisdiction. May be run again at any time.
"""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, get_current_context, task

from onestop.airflow_bridge import SmtpSender, current_jurisdiction, daily_timetable, pipeline, schedule_end

jurisdiction = current_jurisdiction()

with DAG(
    dag_id="watch_deliveries",
    doc_md=__doc__,
    schedule=daily_timetable(jurisdiction),
    start_date=pendulum.datetime(2016, 1, 1, tz=jurisdiction.timezone),
    end_date=schedule_end(),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2},
    tags=["dossier"],
):

    @task
    def watch() -> None:
        """Alert for the units whose delivery of the last due month is missing."""
        run = get_current_context()["dag_run"]
        with SmtpSender() as send:
            print(pipeline().watch(run.data_interval_end or run.run_after, send))

    watch()
