"""Words, numbers and their limits. A failure means that a figure reads as the other side of the target."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from onestop.publication.page.drawing import bar_scale
from onestop.publication.page.figures import STATUSES, heat_shade
from onestop.publication.page.texts import Wording
from onestop.publication.page.visit import TEMPLATES
from onestop.reading.refusal import catalogue

VI, EN = Wording("vi", "Asia/Ho_Chi_Minh"), Wording("en", "Asia/Ho_Chi_Minh")
TEXTS = YAML(typ="safe").load(Path(TEMPLATES / "texts.yaml").read_text(encoding="utf-8"))
TARGET = Decimal(30)


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        ("20.7", "20,7"), ("29.95", "29,95"), ("29.96", "29,96"), ("29.9999", "29,9999"), ("30", "30,0"),
        ("30.04", "30,04"), ("0", "0,0"), ("100", "100,0"),
    ],
)  # fmt: skip
def test_a_rate_is_never_rounded_onto_the_target(rate: str, written: str) -> None:
    assert VI.rate(Decimal(rate), TARGET) == written


def test_what_is_not_known_is_a_dash_and_never_a_zero() -> None:
    for said in (
        VI.count(None), VI.rate(None), VI.percent(None, TARGET), VI.gap(None), VI.target(None, None),
        VI.target_value(None), VI.target_percent(None), VI.moment(None), VI.date(None),
    ):  # fmt: skip
        assert said == "—"


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert (VI.count(1730), EN.count(1730)) == ("1.730", "1,730")
    assert (VI.percent(Decimal("20.7")), EN.percent(Decimal("20.7"))) == ("20,7\N{NO-BREAK SPACE}%", "20.7%")
    assert (VI.gap(Decimal("-9.3")), VI.gap(Decimal("0.04")), VI.gap(Decimal(0))) == ("−9,3", "+0,04", "0,0")
    assert VI.target(">", Decimal("37.5")) == "trên 37,5\N{NO-BREAK SPACE}%"
    assert (VI.period_inside("2019-04"), EN.period_inside("2019-04")) == ("tháng 4 năm 2019", "April 2019")
    assert VI.span("2019-01", "ytd") == "Lũy kế tháng 1/2019"


@pytest.mark.parametrize(
    ("status", "denominator", "rate", "shade"),
    [
        ("no_data", None, None, "none"), ("zero_online", 0, None, "undefined"), ("zero_online", 9, "0", "0"),
        ("not_met", 9, "14.99", "1"), ("not_met", 9, "15", "2"), ("met", 9, "30", "3"), ("met", 9, "60", "4"),
    ],
)  # fmt: skip
def test_a_cell_of_the_heat_map_is_shaded_by_the_target(
    status: str, denominator: int | None, rate: str | None, shade: str
) -> None:
    assert heat_shade(status, denominator, None if rate is None else Decimal(rate), TARGET) == shade


def test_bars_leave_room_after_the_longest() -> None:
    assert [bar_scale([Decimal(value)]) for value in ("0", "29.6", "72.7", "100")] == [10, 40, 80, 100]
    assert bar_scale([None]) == 10


def test_every_text_is_said_in_both_languages_with_the_same_places() -> None:
    for key, text in TEXTS.items():
        assert set(text) == {"vi", "en"}, key
        if not key.startswith(("period_", "basis_", "ytd_")):  # a month is a number in Vietnamese, a word in English
            assert set(re.findall(r"{\w+}", text["vi"])) == set(re.findall(r"{\w+}", text["en"])), key


def test_every_text_that_a_template_asks_for_is_there_and_none_besides() -> None:
    templates = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html"))
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (TEMPLATES.parents[2] / "plugins" / "onestop" / "publication" / "page").glob("*.py")
    )
    named = set(re.findall(r"""["']([a-z][a-z0-9_]+)["']""", templates + code))
    starts = (
        "rule_",
        "basis_",
        "reason_",
        "alert_",
        "state_",
        "severity_",
        "scope_",
        "heat_",
        "empty_",
        "unknown_",
        "unavailable_",
    )
    made = {key for key in TEXTS if key.startswith(starts) or key.endswith("_help")}
    statuses = {"reported", "reported_zero", "late", "missing", "rejected", "not_expected"}
    assert set(TEXTS) - named - made - statuses == set()


def test_every_status_and_every_fault_of_a_row_has_a_name() -> None:
    assert {f"{status}_help" for status in STATUSES} | set(STATUSES) <= set(TEXTS)
    rules = [rule.id for rule in (*catalogue().reading, *catalogue().rows) if rule.severity == "refuse_row"]
    assert {f"rule_{rule}" for rule in rules} <= set(TEXTS)
