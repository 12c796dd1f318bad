"""
### Collect the dossiers of a month from every source

Runs when a calendar month closes for deliveries. Every source is a group of three tasks, all safe to run again:

| Task | What it does | Fails when |
|---|---|---|
| `pull` | takes the delivery as it is into the landing zone | the source is down, refuses us, or has nothing |
| `load` | copies the records into staging | the file is cut, in another encoding, or lacks a column |
| `check` | judges every row, keeps refused ones in quarantine, merges the rest | the whole delivery is refused |

A source that fails, fails alone: `close` reports from the warehouse who has delivered, and hands the month, with the
later months that it restates, over to `publish_compliance`.

**Many months**: `airflow backfill create --dag-id collect_dossiers --from-date 2019-01-01T00:00+07:00 --to-date
2019-04-30T00:00+07:00 --reprocess-behavior failed`. Say the offset: a bare date is read as UTC. Months close in their
order.

**One source again**: `airflow tasks clear collect_dossiers -t 'so_y_te.' -s 2019-01-01T00:00+07:00 -e
2019-04-30T00:00+07:00 -d -y`. `-t` finds parts of names: the dot keeps it to one source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pendulum
from airflow.sdk import DAG, TriggerRule, get_current_context, task

from onestop.airflow_bridge import (
    COLLECTING_DAG,
    DOSSIERS_COLLECTED,
    current_jurisdiction,
    hand_over,
    monthly_timetable,
    period_of_run,
    period_param,
    pipeline,
    require_prepared,
    schedule_end,
    source_group,
)

if TYPE_CHECKING:
    from onestop.compliance import UnitCoverage

jurisdiction = current_jurisdiction()

with DAG(
    dag_id=COLLECTING_DAG,
    doc_md=__doc__,
    schedule=monthly_timetable(jurisdiction),
    start_date=pendulum.datetime(2016, 1, 1, tz=jurisdiction.timezone),
    end_date=schedule_end(),
    catchup=False,
    max_active_runs=4,
    params={"period": period_param()},
    tags=["dossier"],
):

    @task(retries=2)
    def prepare() -> str:
        """Bring the warehouse's dimensions and expected sources up to the configuration; return its hash."""
        return pipeline().prepare()

    # Months close one after the other, so that a month is never published before an earlier one of its year has been
    # collected.
    @task(outlets=[DOSSIERS_COLLECTED], trigger_rule=TriggerRule.ALL_DONE, depends_on_past=True, retries=2)
    def close() -> list[str]:
        """Print who has reported the month, and hand it over with the later months it restates."""
        require_prepared()
        period = period_of_run()
        print(coverage_table(period, pipeline().coverage(period)))
        periods = pipeline().affected_periods(period)
        hand_over(get_current_context(), periods)
        return periods

    prepared, closed = prepare(), close()
    prepared >> closed
    for source in jurisdiction.sources:
        prepared >> source_group(source) >> closed


def coverage_table(period: str, coverage: list[UnitCoverage]) -> str:
    """One line a unit of the roster: its reporting status, the sources still missing, why."""
    lines = []
    for unit in coverage:
        missing = ", ".join(unit.sources_missing)
        lines.append(f"{unit.unit_code:<28} {unit.reporting_status:<14} {missing:<24} {unit.detail or ''}".rstrip())
    return "\n".join([f"Who has reported {period}:", *lines])
