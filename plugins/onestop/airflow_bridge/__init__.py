"""Where onestop and Airflow meet: timetables, the period of a run, a source's tasks, connections, retries, the
hand-over of a month.

The only part of the library that imports Airflow. Everything else takes plain arguments and runs without it.
"""

from onestop.airflow_bridge.collecting import RETRY_POLICY, source_group
from onestop.airflow_bridge.configuration import current_jurisdiction, text_in_airflow
from onestop.airflow_bridge.connections import SmtpSender, source_access
from onestop.airflow_bridge.handing_over import (
    COLLECTING_DAG,
    DOSSIERS_COLLECTED,
    PUBLISHING_DAG,
    hand_over,
    is_last_in_line,
    is_superseded,
    requests,
)
from onestop.airflow_bridge.metadata import prepare_metadata
from onestop.airflow_bridge.runs import period_code, period_of_run, pipeline, require_period, require_prepared
from onestop.airflow_bridge.schedules import (
    IntervalTimetable,
    daily_timetable,
    monthly_timetable,
    period_param,
    schedule_end,
)

__all__ = [
    "COLLECTING_DAG",
    "DOSSIERS_COLLECTED",
    "PUBLISHING_DAG",
    "RETRY_POLICY",
    "IntervalTimetable",
    "SmtpSender",
    "current_jurisdiction",
    "daily_timetable",
    "hand_over",
    "is_last_in_line",
    "is_superseded",
    "monthly_timetable",
    "period_code",
    "period_of_run",
    "period_param",
    "pipeline",
    "prepare_metadata",
    "requests",
    "require_period",
    "require_prepared",
    "schedule_end",
    "source_access",
    "source_group",
    "text_in_airflow",
]
