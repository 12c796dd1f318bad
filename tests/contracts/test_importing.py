"""Great Expectations is imported without a third of its weight, and whole for whoever wants the rest of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from onestop.reading.refusal import catalogue
from onestop.settings import REPOSITORY_ROOT
from tests.contracts.conftest import Agency

DECIDED = """
import sys
sys.path[:0] = ["plugins", "."]
from pathlib import Path
from sqlalchemy import make_url
from onestop.contracts.expectations import evaluate, imported_meanwhile
from onestop.contracts.judging import Expectation
from onestop.reading.refusal import catalogue

rule = catalogue().rows[0]
expected = Expectation(rule, rule.id, None, 0, "vi", "không", "none", "sửa", "mend")
with imported_meanwhile():
    pass
[outcome] = evaluate(make_url(sys.argv[1]), "staging.summary", [expected], where="x", data_docs=Path(sys.argv[2]))
print(outcome.is_met, outcome.observed, sorted({"narwhals", "scipy.optimize"} & set(sys.modules)))
"""
WHOLE = """
import sys
sys.path[:0] = ["plugins", "."]
from onestop.contracts.importing import import_great_expectations
import_great_expectations()
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as divergence
print(round(float(divergence.stats.entropy([0.5, 0.5], [0.25, 0.75])), 3), divergence.alt.Chart.__name__)
from scipy import stats
import altair
print(stats is divergence.stats, altair is divergence.alt)
"""

QUIET = """
import logging, sys
sys.path[:0] = ["plugins", "."]
logging.basicConfig(level=logging.INFO, stream=sys.stdout)
from onestop.contracts.importing import import_great_expectations
import_great_expectations()
"""


def said(script: str, *arguments: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return run.stdout.splitlines()


def test_a_delivery_is_decided_without_what_no_contract_uses(agency: Agency, tmp_path: Path) -> None:
    """A failure means that a process that checks takes 80 MB and a second more."""
    column = catalogue().rows[0].id
    with agency.engine.begin() as connection:
        connection.execute(text(f"create table staging.summary as select 3 as {column}"))
    url = agency.engine.url.render_as_string(hide_password=False)
    page = tmp_path / "page.html"
    assert said(DECIDED, url, str(page)) == ["False 3 []"]
    assert column in page.read_text(encoding="utf-8")


def test_what_is_put_off_is_there_for_whoever_uses_it() -> None:
    assert said(WHOLE) == ["0.144 Chart", "True True"]


def test_the_library_says_nothing_of_itself_while_it_is_imported() -> None:
    """A failure means that a command of ours tells two hundred lines before its own."""
    assert said(QUIET) == []
