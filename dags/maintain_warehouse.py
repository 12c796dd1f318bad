"""
### Keep the warehouse in order, every day

What is kept no longer is removed, and months of dossiers get the indexes that they have not got yet: new ones are
indexed when they are published or when the next delivery comes, the others here. The counts that publications keep of
earlier months are held against the dossiers: a task that fails here names the months and what to do.

What officers have uploaded holds personal data: drafts that nobody handed in go after a day, files replaced by
a later one of the same month after thirty days, the newest of a month after `ONESTOP_UPLOADS_KEPT_DAYS` (400). What was
collected stays in the landing zone. May be run again at any time.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException

from onestop.airflow_bridge import current_jurisdiction, daily_timetable, pipeline, schedule_end
from onestop.compliance import CountsDifferError

jurisdiction = current_jurisdiction()

with DAG(
    dag_id="maintain_warehouse",
    doc_md=__doc__,
    schedule=daily_timetable(jurisdiction),
    start_date=pendulum.datetime(2016, 1, 1, tz=jurisdiction.timezone),
    end_date=schedule_end(),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2},
    tags=["maintenance"],
):

    @task
    def remove_old_uploads() -> int:
        """Remove uploads by age; how many of those that were handed in are gone."""
        return pipeline().remove_old_uploads(datetime.now(UTC))

    @task(pool="warehouse")
    def index_months() -> None:
        """Index the months of dossiers that nobody has published or added to since they were filled."""
        pipeline().index_months()

    @task(pool="warehouse", trigger_rule="all_done")
    def verify_counts() -> int:
        """Hold the counts that are kept of earlier months against their dossiers; of how many months."""
        try:
            return pipeline().verify_counts()
        except CountsDifferError as differing:  # another attempt would find the same
            raise AirflowFailException(str(differing)) from differing

    remove_old_uploads()
    index_months() >> verify_counts()
