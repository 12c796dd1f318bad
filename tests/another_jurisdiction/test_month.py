"""A month of a city of another shape, by configuration alone. A failure here means that code knows Vietnam."""

from __future__ import annotations

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onestop import publication
from tests.another_jurisdiction.conftest import PERIOD, REQUESTS, City

REPOSITORY = Path(__file__).parents[2]
VIETNAMESE = re.compile(r"[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)
PAGES = (
    "/", "/?basis=month", "/units/public_works", "/units/harbor", "/deliveries", "/alerts", "/publications",
    "/?period=1999-01", "/units/atlantis", "/nowhere",
)  # fmt: skip


def test_the_figures_are_those_counted_by_hand(city: City) -> None:
    assert city.figures("closed_online") == {
        "public_works": (6, 10, 4, 0, "met"),  # 60 % is at the target
        "parks": (1, 4, 3, 0, "not_met"),
        "sanitation": (1, 2, 1, 0, "not_met"),
        "buildings": (0, 2, 2, 0, "zero_online"),
        "harbor": (None, None, None, None, "no_data"),
    }


def test_the_month_has_its_indexes_when_it_is_published(city: City) -> None:
    """A failure means that what is looked up in it is found by reading it whole, until the next delivery comes."""
    indexes = city.rows(
        "select relname, (select count(*) from pg_index where indrelid = inhrelid) from pg_inherits"
        " join pg_class on inhrelid = oid where inhparent = 'core.dossier_version'::regclass"
    )
    assert indexes
    assert {count for _, count in indexes} == {7}


def test_what_is_open_or_cancelled_was_opened_and_a_duplicate_was_not(city: City) -> None:
    # By hand: 4 + 2 + 7 + 2 of 4 + 2 + 3 + 1 + 7 + 2; 1 + 4 of 1 + 3 + 4; one of Sanitation's was opened in November.
    assert {code: row[:2] for code, row in city.figures("opened_online").items()} == {
        "public_works": (15, 19),
        "parks": (5, 8),
        "sanitation": (0, 1),
        "buildings": (0, 2),
        "harbor": (None, None),
    }


def test_requests_of_the_authority_itself_are_kept_and_counted_apart_from_those_without_a_channel(city: City) -> None:
    channels = "select channel, count(*) from core.dossier where owner_unit_code = 'public_works' group by 1 order by 1"
    assert city.rows(channels) == [("direct", 4), ("internal", 5), ("online", 15)]
    quality = """
        select expectation, failing_count from ops.expectation_result
        where expectation like 'channel_%' order by expectation
    """
    assert city.rows(quality) == [("channel_absent", 0), ("channel_internal", 5), ("channel_unknown", 1)]


OWN_REQUESTS_LEFT_OUT: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    # By hand, of Public Works: 4 + 2 + 3 + 1 closed, 7 open and overdue, 2 paused without a due date; 3 + 2 its own.
    "timeliness_month": (
        "resolved_count, resolved_early_count, resolved_no_due_date_count, pending_count, pending_overdue_count,"
        " pending_no_due_date_count, pending_paused_count",
        [(10, 8, 2, 9, 7, 2, 2)],
    ),
    "form_06a": ("received_online, received_direct, carried_over, resolved_total, pending_total", [(15, 4, 0, 10, 9)]),
    "commune_month": (
        "received_count, received_direct_count, resolved_count,"
        " received_online_rate_percent, resolved_online_rate_percent",
        [(19, 4, 10, Decimal("78.9474"), Decimal("60.0000"))],
    ),
    # A kind of request that the department opened for itself alone is not among those it received.
    "procedure_month": (
        "procedure_code, service_level, received_count, resolved_count, resolved_online_rate_percent",
        [
            ("", None, 0, 0, None),
            ("pothole", 0, 17, 8, Decimal("50.0000")),
            ("street_light", 0, 2, 2, Decimal("100.0000")),
        ],
    ),
    # There are no levels: whatever came by phone or at the counter could have come by web or app.
    "missed_online_month": ("eligible_count, online_count, direct_count, post_count", [(19, 15, 4, 0)]),
    "payment_month": ("resolved_count, fee_unknown_count", [(10, 10)]),
    "suspect_filing_month": ("received_count, online_count, burst_count", [(19, 15, None)]),
}


@pytest.mark.parametrize("view", OWN_REQUESTS_LEFT_OUT)
def test_requests_of_the_authority_itself_are_in_no_figure(city: City, view: str) -> None:
    columns, expected = OWN_REQUESTS_LEFT_OUT[view]
    query = f"select {columns} from bi.{view} where period = :period and unit_code = 'public_works' order by 1"  # noqa: S608
    assert city.rows(query, period=PERIOD) == expected


def test_every_mart_reads_dossiers_where_those_of_the_authority_itself_are_left_out() -> None:
    reading = {
        path.name: found
        for path in (REPOSITORY / "include" / "sql" / "mart").glob("*.sql")
        if (found := re.findall(r"(?m)^ *(?:from|.*join) (core\.dossier\w*)", path.read_text(encoding="utf-8")))
    }
    assert reading == {
        "dossier_as_of.sql": ["core.dossier_as_of"],
        # read in its place while no dossier is counted elsewhere: tests/marts/test_counts_by_month.py counts by either
        "unshared_dossier_as_of.sql": ["core.dossier_version"],
        # it says of every dossier why it is counted or not: those of the authority itself, and those that another unit
        # counts, with their own reason
        "compliance_explained.sql": ["core.dossier_version", "core.dossier_version", "core.dossier_elsewhere"],
    }


def test_a_request_of_the_authority_itself_is_explained(city: City) -> None:
    reasons = """
        select reason, is_in_numerator, is_in_denominator, count(*) from bi.compliance_explanation
        where period = :period and month = :period and unit_code = 'public_works' and metric_id = 'opened_online'
        group by 1, 2, 3 order by 1
    """
    assert city.rows(reasons, period=PERIOD) == [
        ("direct", False, True, 4),
        ("internal", False, False, 5),
        ("online", True, True, 15),
    ]


def test_rows_that_cannot_be_understood_are_refused_in_english(city: City) -> None:
    reasons = city.rows(
        "select reason ->> 'rule', reason ->> 'value', reason ->> 'expected', reason ->> 'remedy'"
        " from quarantine.row cross join jsonb_array_elements(reasons) as reason order by 1"
    )
    assert [(rule, value) for rule, value, _, _ in reasons] == [
        ("channel_unknown", None),
        ("date_unreadable", "03/09/2025 02:30:00 AM"),
        ("unit_unknown", "Ministry of Silly Walks"),
    ]
    assert not [text for row in reasons for text in row[2:] if VIETNAMESE.search(text)]


def test_a_missing_due_date_is_no_due_date(city: City) -> None:
    without = sum(each.count for each in REQUESTS if not each.has_due_date)
    assert city.rows("select count(*) from core.dossier where due_at is null") == [(without,)]


def test_the_second_of_two_equal_hours_is_meant(city: City) -> None:
    moments = "select finished_at at time zone 'UTC' from core.dossier where finished_at::date = '2025-11-02'"
    assert [str(moment) for (moment,) in city.rows(moments)] == ["2025-11-02 06:30:00"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_in_english(city: City, path: str) -> None:
    page = city.page.get(path)
    assert page.status_code in {200, 404}
    assert not VIETNAMESE.search(page.text), VIETNAMESE.search(page.text)
    assert '<html lang="en">' in page.text
    assert "Tiếng Việt" not in page.text
    assert "lang=vi" not in page.text


def test_the_month_is_shown_in_the_city_s_words_without_levels_or_post(city: City) -> None:
    page = city.page.get("/").text
    for word in ("Web and app", "Phone and counter", "City departments", ">60.0<", "≥ 60", "Fictional city"):
        assert word in page
    for word in ("Level 3", "levels 3 and 4", "Post", "Whole province", "dossier"):
        assert word not in page


def test_a_language_that_is_not_declared_is_not_spoken(city: City) -> None:
    assert city.page.get("/?lang=vi").text == city.page.get("/").text


def test_the_table_as_a_file_is_in_english(city: City) -> None:
    lines = city.page.get("/compliance.csv?basis=month").text.lstrip("\ufeff").splitlines()
    assert lines[0] == (
        "No.,Unit code,Unit,Group,All requests,Web and app,Phone and counter,Rate %,Target %,Gap,Result,Rank,Reporting"
    )
    assert lines[1].startswith("1,public_works,Department of Public Works,City departments,10,6,4,60.0000,>=60,")


def test_the_notices_are_in_english(city: City) -> None:
    (notice,) = [notice for notice in city.notices if notice.subject.startswith("Online service requests")]
    assert notice.recipient == "service-requests@port-elsewhere.example"
    assert notice.subject.startswith("Online service requests, November 2025: ")
    for part in (notice.subject, notice.body_text, notice.body_html or ""):
        assert not VIETNAMESE.search(part), VIETNAMESE.search(part)
    assert "the city departments took 8 of 18 service requests by web or app: 44.4%" in notice.body_text


def test_the_source_s_contact_is_answered_in_english(city: City) -> None:
    (answer,) = [notice for notice in city.notices if notice.subject.startswith("Figures of ")]
    for part in (answer.subject, answer.body_text, answer.body_html or ""):
        assert not VIETNAMESE.search(part), VIETNAMESE.search(part)
    assert "Please correct them in your system" in answer.body_text
    (errors,) = (city.exports.parent / "answers").rglob("*.csv")
    lines = errors.read_text(encoding="utf-8-sig")
    assert lines.startswith("Record,Code,Severity,Field,Value received,Expected,What to do")
    assert not VIETNAMESE.search(lines), VIETNAMESE.search(lines)


def test_what_the_approver_is_told_is_in_english(city: City) -> None:
    told = {finding.unit_code: finding.message_vi for finding in city.findings}
    assert told == {
        # two were opened and one closed in October: no source is expected for that month
        "sanitation": "3 dossiers lie in a month for which no source of dossiers is expected (2025-10); they are not"
        " counted: look at expected_from and expected_to.",
        "harbor": "No source is expected to report for the unit in the period.",
    }
    assert not [finding.message_vi for finding in city.findings if VIETNAMESE.search(finding.message_vi)]


def test_the_exports_hold_the_city_s_names(city: City) -> None:
    (folder,) = (city.exports / "calendar" / PERIOD).iterdir()
    table = (folder / "compliance_month.csv").read_text(encoding="utf-8-sig")
    assert "Department of Public Works" in table
    assert not VIETNAMESE.search(table)


def test_the_dag_files_are_read_with_the_city_s_folder(tmp_path: Path) -> None:
    script = (
        "from airflow.dag_processing.dagbag import DagBag\n"
        f"bag = DagBag({str(REPOSITORY / 'dags')!r})\n"
        "assert bag.import_errors == {}, bag.import_errors\n"
        "dag = bag.dags['collect_dossiers']\n"
        "print(bag.dags['publish_compliance'].get_task('approve').subject)\n"
        "print(sorted(name for name in dag.task_group.get_task_group_dict() if name), dag.timezone.name)\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={
            "PYTHONPATH": f"{REPOSITORY / 'plugins'}",
            "PATH": "/usr/bin:/bin",
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "ONESTOP_JURISDICTION": "port_elsewhere",
            "ONESTOP_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert run.stdout.splitlines()[-2:] == [
        "Publish the table of service requests of {{ dag_run.partition_key or params.period }}?",
        "['service_requests'] America/New_York",
    ], run.stderr[-3000:]


@pytest.mark.parametrize("path", sorted((REPOSITORY / "include" / "sql" / "ops").glob("publication_finding_*.sql")))
def test_every_finding_can_be_told_in_both_languages(path: Path) -> None:
    statement = path.read_text(encoding="utf-8")
    gathered = len(re.findall(r"string_agg\(message_vi[^)]*\) as message_vi", statement))
    assert statement.count("ops.told(") == statement.count(" as message_vi") - gathered > 0


def test_a_restatement_is_planned_in_the_citys_language(city: City) -> None:
    """Whoever approves it in Airflow reads what would change in the city's words only."""
    stricter = [target.model_copy(update={"target_num": 9, "target_den": 10}) for target in city.jurisdiction.targets]
    for jurisdiction, told in (
        (city.jurisdiction, r"\*\*2025-11\*\* \(revision 1\): nothing changes\."),
        (
            city.jurisdiction.model_copy(update={"targets": tuple(stricter)}),
            r"\*\*2025-11\*\* \(revision 1\): \d+ figures change\..*"
            r"- Department of Public Works: year to date 6/10 \(met\) → 6/10 \(not met\); NO LONGER MET.*",
        ),
    ):
        with city.engine.connect() as connection:
            months = publication.preview(connection, jurisdiction, publication.periods_of(jurisdiction, PERIOD))
            connection.rollback()
        text = publication.plan_of(months, jurisdiction)["text"]
        assert re.fullmatch(told, text, re.DOTALL), text
        assert not VIETNAMESE.search(text)
