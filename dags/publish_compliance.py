"""
### Publish the compliance table of a month

Runs once for every month that `collect_dossiers` hands over (the run's partition key is the month, such as
`2019-04`), one month at a time. To publish a month again by hand, trigger it with the parameters `period`, without
which it fails, and `reason`; several months, with a preview that a person approves: `restate_compliance`, which
triggers this DAG for each of them.

`measure` builds the publication from the warehouse as known at that moment → `check` looks for gaps and imbalances; a
blocking finding stops here → `approve` waits for a person under *Required actions*, for months collected on schedule;
a backfill or a manual run was ordered by a person, who is recorded instead → `publish` makes the revision visible
with its exports, or none when no figure has changed → `notify` opens and resolves alerts and sends the mails. Of many
months in line, the last sends one mail for all of them.

`measure` skips the run when a collection in flight will hand the month over again: a repair of several months gives
one new revision of each, not one for every month repaired. A restatement is not skipped: it publishes what was
approved, from what was known when it was planned, or fails when that is no longer possible.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, PartitionedAssetTimetable, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from onestop.airflow_bridge import (
    DOSSIERS_COLLECTED,
    PUBLISHING_DAG,
    RETRY_POLICY,
    SmtpSender,
    is_last_in_line,
    is_superseded,
    period_of_run,
    period_param,
    pipeline,
    requests,
    require_period,
    text_in_airflow,
)
from onestop.pipeline import PublicationBlocked

with DAG(
    dag_id=PUBLISHING_DAG,
    doc_md=__doc__,
    schedule=PartitionedAssetTimetable(assets=DOSSIERS_COLLECTED),
    catchup=False,
    max_active_runs=1,
    params={
        "period": period_param("A run started by hand needs it; one that is handed over has it as its partition key."),
        "reason": Param(
            None, type=["null", "string"], description="Why the month is published; kept with the revision."
        ),
        "restatement": Param(
            None,
            type=["null", "string"],
            description="The approved run of restate_compliance that this one is part of.",
        ),
    },
    # Few and awaited: they go before the many tasks that collect later months.
    default_args={"pool": "warehouse", "retries": 2, "retry_policy": RETRY_POLICY, "priority_weight": 1000},
    tags=["publication"],
):

    @task
    def measure() -> int:
        """Build the publication and return its id. A run that names no month fails here."""
        period = require_period()
        plan = restatement(period)
        if plan is None and is_superseded(period):
            raise AirflowSkipException(f"{period} is being collected again; that run will ask for its publication")
        asked = requests(get_current_context())
        return pipeline().measure(
            period,
            kind="official",
            reason=plan["reason"] if plan else reason(period, asked),
            requested_by=plan["requested_by"] if plan else requested_by(asked),
            planned=plan,
        )

    @task
    def check(publication_id: int) -> str:
        """Stop at a blocking finding; return the warnings as text for the person who approves."""
        try:
            warnings = pipeline().inspect(publication_id, period_of_run())
        except PublicationBlocked as blocked:
            raise AirflowFailException(f"{blocked}\nThat is: clear `measure` of this run.") from blocked
        told = "\n".join(f"- {finding.unit_code}: {finding.message_vi}" for finding in warnings)
        return told or text_in_airflow("no_warnings")

    @task.branch
    def decide() -> str:
        """Ask a person when the month was collected on schedule."""
        asked = requests(get_current_context())
        return "approve" if any(request["run_type"] == "scheduled" for request in asked) else "publish"

    approve = ApprovalOperator(
        task_id="approve",
        subject=f"{text_in_airflow('approval_subject')} {{{{ dag_run.partition_key or params.period }}}}?",
        body="{{ ti.xcom_pull(task_ids='check') }}",
    )

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def publish(publication_id: int) -> dict[str, Any]:
        """Make the approved publication visible; figures equal to the last revision's make no new one."""
        context = get_current_context()
        plan = restatement(period_of_run())
        answer = plan["answer"] if plan else context["ti"].xcom_pull(task_ids="approve")
        if answer:
            approver = answer["responded_by_user"]["name"]
            evidence = {"responded_at": str(answer["responded_at"]), "chosen_options": answer["chosen_options"]}
            if plan:
                evidence |= {"restatement": context["params"]["restatement"], "content_hash": plan["content_hash"]}
        else:
            asked = requests(context)
            approver = requested_by(asked)
            evidence = {"collected_by": asked or context["run_id"], "without_approval": "ordered by a person"}
        result = pipeline().publish(publication_id, approver=approver, evidence=evidence)
        return {
            "publication_id": result.publication_id,
            "period": result.period,
            "revision": result.revision,
            "is_new": result.is_new,
        }

    @task(inlets=[DOSSIERS_COLLECTED])
    def notify(published: dict[str, Any]) -> None:
        """Tell each change once, when nothing else is in line; a publication that changed nothing tells nothing new."""
        with SmtpSender() as sender:
            send = sender if is_last_in_line() else None
            change = pipeline().notify(published["publication_id"], send)
        print(change, "" if send else "; told with the last month in line")

    publication_id = measure()
    checked, decided, published = check(publication_id), decide(), publish(publication_id)
    checked >> decided >> approve >> published
    decided >> published
    notify(published)


def restatement(period: str) -> dict[str, Any] | None:
    """What was approved of the month in the restatement that this run is part of; none for other runs.

    Taken from the restatement's own run: a parameter alone approves nothing.
    """
    context = get_current_context()
    run_id = context["params"].get("restatement")
    if not run_id:
        return None
    of_run = {"dag_id": "restate_compliance", "run_id": run_id}
    answer = context["ti"].xcom_pull(task_ids="approve", **of_run)
    plan = context["ti"].xcom_pull(task_ids="preview", **of_run) or {}
    month = next((month for month in plan.get("months", ()) if month["period"] == period), None)
    if month is None or not answer or answer["chosen_options"] != [ApprovalOperator.APPROVE]:
        raise AirflowFailException(f"no approved restatement {run_id!r} holds {period}: trigger restate_compliance")
    return {**month, "reason": plan["reason"], "requested_by": plan["requested_by"], "answer": answer}


def reason(period: str, asked: list[dict[str, Any]]) -> str:
    """Say why the month is published: its own collection, another month's, or a person's order."""
    months = sorted({request["collected_period"] for request in asked})
    if not months:
        return (get_current_context()["params"].get("reason") or "").strip() or text_in_airflow("reason_ordered")
    text = text_in_airflow("reason_collected" if months == [period] else "reason_collected_before")
    return text.replace("{months}", ", ".join(months))


def requested_by(asked: list[dict[str, Any]]) -> str:
    """Who asked for the publication: by a collection, or by starting this run by hand."""
    started = get_current_context()["dag_run"].triggering_user_name or "unknown"
    return ", ".join(sorted({request["requested_by"] for request in asked})) or started
