"""Great Expectations on the SQL engine, over the one-row summary of a delivery.

The library takes seconds to import, so nothing here imports it before it is needed, and then while the server works:
see `imported_meanwhile`. Whoever forks workers imports it first, by `import_great_expectations`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL

from onestop.contracts.importing import import_great_expectations

if TYPE_CHECKING:
    from onestop.contracts.judging import Expectation

DATASOURCE = "warehouse"


class ContractError(Exception):
    """A delivery could not be judged, or an expectation of it not evaluated: that is neither met nor missed, and the
    delivery is not decided.
    """


@dataclass(frozen=True)
class Outcome:
    """One expectation and what was seen."""

    expectation: Expectation
    is_met: bool
    observed: Decimal | None


@contextmanager
def imported_meanwhile() -> Iterator[None]:
    """Import the library in a thread while the body waits for the server, and have it imported at the end."""
    importing = threading.Thread(target=import_great_expectations, daemon=True)
    importing.start()
    try:
        yield
    finally:
        importing.join()


def evaluate(
    url: URL, table: str, expected: Sequence[Expectation], *, where: str, data_docs: Path | None = None
) -> list[Outcome]:
    """Evaluate expectations on the summary `table` ("schema.name") and return an outcome for each, in order.

    With `data_docs`, a path of a file, the result is kept there as a page. Raises ContractError when an expectation
    raised, or when another number of results came back than was asked for.
    """
    import_great_expectations()
    import great_expectations as gx  # noqa: PLC0415 - seconds to import
    from great_expectations import expectations as gxe  # noqa: PLC0415
    from great_expectations.data_context.types.base import (  # noqa: PLC0415
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )

    # In memory only: no folder for pages in the temporary directory, nothing sent to anybody.
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False), analytics_enabled=False
        ),
    )
    context.variables.progress_bars = {"globally": False}
    schema, name = table.split(".")
    source = context.data_sources.add_postgres(DATASOURCE, connection_string=connection_string(url, schema))
    try:
        asset = source.add_table_asset(name, table_name=name)
        batch = asset.add_batch_definition_whole_table("delivery").get_batch()
        suite = gx.ExpectationSuite(
            name=where,
            expectations=[
                gxe.ExpectColumnMaxToBeBetween(
                    column=item.column,
                    min_value=item.minimum,
                    max_value=item.maximum,
                    meta={"rule": item.rule.id, "severity": item.rule.severity},
                )
                for item in expected
            ],
        )
        result = batch.validate(suite)
    finally:
        source.get_engine().dispose()
        source.get_execution_engine().close()
    outcomes = _outcomes(result, expected, where)
    if data_docs is not None:
        _keep_page(result, data_docs)
    return outcomes


def _outcomes(result: Any, expected: Sequence[Expectation], where: str) -> list[Outcome]:
    raised = [item for item in result.results if item.exception_info.get("raised_exception", True)]
    if raised or len(result.results) != len(expected):
        told = "; ".join(f"{item.expectation_config.meta['rule']}: {item.exception_info}" for item in raised)
        raise ContractError(
            f"{where}: {len(result.results)} of {len(expected)} expectations were evaluated, {len(raised)} raised. "
            f"The delivery stays undecided: clear its check task once the cause is gone. {told}"
        )
    by_rule = {item.expectation_config.meta["rule"]: item for item in result.results}
    outcomes = []
    for item in expected:
        seen = by_rule[item.rule.id]
        observed = seen.result.get("observed_value")
        outcomes.append(Outcome(item, bool(seen.success), None if observed is None else Decimal(str(observed))))
    return outcomes


def _keep_page(result: Any, path: Path) -> None:
    from great_expectations.render.renderer import ValidationResultsPageRenderer  # noqa: PLC0415
    from great_expectations.render.view import DefaultJinjaPageView  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result))
    path.write_text(page, encoding="utf-8")


def connection_string(url: URL, schema: str) -> str:
    """Return a warehouse URL as Great Expectations takes it: with a host, even when the query names a socket, and with
    the schema in which tables are looked up.
    """
    named = (url if url.host else url.set(host="localhost")).update_query_dict({"options": f"-csearch_path={schema}"})
    return named.render_as_string(hide_password=False).replace("$", "\\$")  # `$` would be a substitution
