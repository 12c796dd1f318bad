"""
### Restate months that are published, for a reason

Trigger it with the parameters `periods` (`2019-01..2019-04`) and `reason`, which is kept with every new revision. See
first what would change: `onestop publication plan` says the same as `preview` here, and leaves nothing behind either.

`preview` measures the months with the configuration as it is now and says what would change, by unit, with who crosses
the target; it skips the run when nothing would, and fails when a month could not be published → `approve` waits for a
person under *Required actions*, **once for all months** → `order` and `publish` trigger `publish_compliance` for each
month that changes, in order. What is published is what was shown: from what was known at the preview's moment, or
nothing, when the configuration or the month's publication has changed since.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from onestop.airflow_bridge import pipeline, text_in_airflow
from onestop.publication import PERIODS_PATTERN, REASON_PATTERN

with DAG(
    dag_id="restate_compliance",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params={
        "periods": Param(
            "",
            type="string",
            pattern=PERIODS_PATTERN,
            description="Months and ranges of months, such as 2019-01..2019-04 or 2019-01,2019-03.",
        ),
        "reason": Param(
            "",
            type="string",
            pattern=REASON_PATTERN,
            description="Why signed figures are to change, in ten characters or more; officials will read it.",
        ),
    },
    default_args={"pool": "warehouse", "retries": 2, "priority_weight": 1000},
    tags=["publication"],
):

    @task
    def preview() -> dict[str, Any]:
        """Say what would change; leave nothing behind."""
        context = get_current_context()
        plan = pipeline().plan_restatement(context["params"]["periods"], context["params"]["reason"])
        if plan["blocked"]:
            raise AirflowFailException(f"these months cannot be published; correct what is named: {plan['blocked']}")
        if not plan["months"]:
            raise AirflowSkipException("nothing would change")
        requested_by = context["dag_run"].triggering_user_name or "unknown"
        return {**plan, "requested_by": requested_by}

    approve = ApprovalOperator(
        task_id="approve",
        subject=f"{text_in_airflow('restatement_subject')}: {{{{ params.periods }}}}?",
        body=f"{text_in_airflow('restatement_reason')}: "
        "{{ params.reason }}\n\n{{ ti.xcom_pull(task_ids='preview')['text'] }}",
    )

    @task
    def order(plan: dict[str, Any]) -> list[dict[str, Any]]:
        """Name a run of publish_compliance for each month that changes; the same ones when it is done again."""
        run_id = get_current_context()["run_id"]
        return [
            {
                "trigger_run_id": f"{run_id}__{month['period']}",
                "conf": {"period": month["period"], "reason": plan["reason"], "restatement": run_id},
            }
            for month in plan["months"]
        ]

    planned = preview()
    ordered = order(planned)
    publish = TriggerDagRunOperator.partial(
        task_id="publish",
        trigger_dag_id="publish_compliance",
        logical_date=None,
        skip_when_already_exists=True,
        max_active_tis_per_dagrun=1,
    ).expand_kwargs(ordered)
    planned >> approve >> ordered
