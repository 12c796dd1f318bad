"""A source's tasks, and what is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, TaskGroup, WeightRule, task
from airflow.sdk.exceptions import AirflowSkipException

from onestop.airflow_bridge.configuration import current_jurisdiction
from onestop.airflow_bridge.connections import source_access
from onestop.airflow_bridge.runs import period_of_run, pipeline
from onestop.sources import pull_limit_seconds

if TYPE_CHECKING:
    from onestop.jurisdiction import Source

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
