"""When alerts open and end. A failure means that somebody is blamed wrongly, or that nobody hears of a shortfall."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from onestop import notice
from onestop.notice import AlertChange
from tests.notice.office import MONTHS, Office

BELOW = "below_target_ytd:{}:total:2019"
ZERO = "zero_online:{}:total:2019"
TODAY = datetime.now(UTC).date()


def test_each_rule_opens_an_alert_for_the_units_it_finds_and_for_no_other(office: Office) -> None:
    change = office.publish("2019-04", y_te=(2, 10), tu_phap=(0, 10), noi_vu=None)
    assert set(change.opened) == {
        BELOW.format("so_y_te"),
        ZERO.format("so_tu_phap"),
        "missing_delivery:so_noi_vu:2019-04",
    }
    row = office.alert(BELOW.format("so_y_te"))
    assert (row["state"], row["severity"], row["period"]) == ("open", "warning", "2019-04")
    assert row["message_vi"] == "Lũy kế đến hết tháng 4/2019: 2/10 hồ sơ xử lý trực tuyến; chỉ tiêu ít nhất 30 %."


@pytest.mark.parametrize(
    ("source_id", "share", "is_below"),
    [
        ("y_te", (749, 2500), True),  # 29.96 percent, shown as 30,0
        ("y_te", (3, 10), False),  # at least 30
        ("yen_the", (3, 10), True),  # districts: over 30
    ],
)
def test_the_target_is_compared_exactly(office: Office, source_id: str, share: tuple[int, int], is_below: bool) -> None:
    change = office.publish("2019-04", **{source_id: share})
    assert bool(change.opened) is is_below


def test_evaluating_a_publication_again_changes_nothing(office: Office) -> None:
    office.publish("2019-04", y_te=(2, 10), noi_vu=None)
    before = office.province.rows("select * from ops.alert order by alert_id")
    assert office.republish("2019-04") == AlertChange()
    assert office.province.rows("select * from ops.alert order by alert_id") == before
    assert len(office.letters) == 1 + 1  # the office and the technical department, once


def test_only_official_published_figures_alert(office: Office) -> None:
    office.month("2019-04", y_te=(2, 10))
    provisional = office.province.publish("2019-04", "provisional").publication_id
    built = office.province.build("2019-04")
    assert office.evaluate(provisional) == office.evaluate(built) == AlertChange()
    assert office.states() == {}
    with pytest.raises(LookupError, match="no publication 4711"):
        office.evaluate(4711)


def test_a_unit_that_reaches_its_target_resolves_its_alert_and_falling_again_opens_a_new_one(office: Office) -> None:
    key = BELOW.format("so_y_te")
    assert office.publish("2019-01", y_te=(2, 10)).opened == (key,)
    first = office.alert(key)["alert_id"]
    assert office.publish("2019-02", y_te=(9, 10)).resolved == (key,)
    assert office.publish("2019-03", y_te=(0, 40)).opened == (key,)
    rows = office.province.rows("select alert_id, state, resolution from ops.alert order by alert_id")
    assert [tuple(row.values()) for row in rows] == [(first, "resolved", "ceased"), (first + 1, "open", None)]


def test_an_alert_that_goes_on_keeps_its_opening_and_takes_the_newest_figures(office: Office) -> None:
    key = BELOW.format("so_y_te")
    office.publish("2019-01", y_te=(2, 10))
    change = office.publish("2019-02", y_te=(1, 10))
    assert (change.opened, change.resolved, change.updated) == ((), (), (key,))
    row = office.alert(key)
    assert (row["period"], row["facts"]["period"], row["facts"]["numerator"]) == ("2019-01", "2019-02", 3)


def test_an_acknowledged_alert_stays_so_until_it_is_resolved(office: Office) -> None:
    key = BELOW.format("so_y_te")
    office.publish("2019-01", y_te=(2, 10))
    office.acknowledge(key)
    office.publish("2019-02", y_te=(1, 10))
    assert office.states()[key] == "acknowledged"
    office.publish("2019-03", y_te=(30, 30))
    assert office.states()[key] == "resolved"
    with pytest.raises(notice.AlertNotFoundError):
        office.acknowledge(key)


def test_a_silenced_alert_is_not_told_until_the_day_after_its_last_day_of_silence(office: Office) -> None:
    key = BELOW.format("so_y_te")
    office.publish("2019-01", y_te=(2, 10))
    office.silence(key, str(TODAY + timedelta(days=2)))
    told = len(office.letters)
    assert office.publish("2019-02", y_te=(1, 10)).reopened == ()
    assert (office.states()[key], len(office.letters)) == ("silenced", told)
    office.silence(key, str(TODAY - timedelta(days=2)))
    assert office.publish("2019-03", y_te=(1, 10)).reopened == (key,)
    assert office.states()[key] == "open"
    assert len(office.letters) == told + 1
    assert "nhắc lại: hết thời hạn tạm ngừng nhắc" in office.letters[-1].body_text


def test_a_silenced_alert_that_ceases_is_resolved_and_told(office: Office) -> None:
    key = BELOW.format("so_y_te")
    office.publish("2019-01", y_te=(2, 10))
    office.silence(key, str(TODAY + timedelta(days=30)))
    assert office.publish("2019-02", y_te=(9, 10)).resolved == (key,)
    assert "đã đạt chỉ tiêu" in office.letters[-1].body_text


def test_silence_needs_a_reason(office: Office) -> None:
    office.publish("2019-01", y_te=(2, 10))
    with pytest.raises(IntegrityError):
        office.silence(BELOW.format("so_y_te"), "2030-01-01", reason="")


def test_restating_an_older_month_leaves_what_the_newest_month_says_of_the_year(office: Office) -> None:
    for period in MONTHS:
        office.month(period, y_te=(2, 10), yen_the=None if period == "2019-02" else (5, 10))
        office.republish(period)
    before = office.live()
    assert before == {BELOW.format("so_y_te"), "missing_delivery:yen_the:2019-02"}
    # The restated February alone would clear Sở Y tế and put Sở Tư pháp below its target.
    office.month("2019-02", y_te=(90, 100), tu_phap=(0, 90))
    change = office.republish("2019-02")
    assert change == AlertChange(resolved=("missing_delivery:yen_the:2019-02",))
    assert office.live() == {BELOW.format("so_y_te")}
    # April's own restatement says it.
    change = office.republish("2019-04")
    assert (change.resolved, change.opened) == ((BELOW.format("so_y_te"),), (BELOW.format("so_tu_phap"),))


def test_a_revision_that_is_not_in_force_any_more_says_nothing(office: Office) -> None:
    office.month("2019-04", y_te=(2, 10), noi_vu=None)
    first = office.province.publish("2019-04").publication_id
    office.month("2019-04", y_te=(8, 10))
    office.republish("2019-04")
    assert office.evaluate(first) == AlertChange()
    assert office.live() == set()


def test_the_year_to_date_of_a_new_year_begins_anew_and_the_old_alerts_lapse_untold(office: Office) -> None:
    office.publish("2019-12", y_te=(2, 10), tu_phap=(2, 10))
    told = len(office.letters)
    change = office.publish("2020-01", y_te=(2, 10))
    assert change.opened == ("below_target_ytd:so_y_te:total:2020",)
    assert change.resolved == (BELOW.format("so_tu_phap"), BELOW.format("so_y_te"))
    assert office.alert(BELOW.format("so_tu_phap"))["resolution"] == "lapsed"
    assert len(office.letters) == told + 1
    assert "kết thúc" not in office.letters[-1].subject
    # A restated December is not the view any more.
    office.month("2019-12", tu_phap=(0, 10))
    assert office.republish("2019-12") == AlertChange()


def test_a_year_to_date_that_became_unknown_ends_nothing(office: Office) -> None:
    key = BELOW.format("so_y_te")
    office.publish("2019-04", y_te=(2, 10))
    with office.province.engine.begin() as connection:
        connection.execute(text("update ops.delivery set state = 'rejected' where source_id = 'y_te'"))
    change = office.republish("2019-04")
    assert change.opened == ("missing_delivery:so_y_te:2019-04",)
    assert office.states()[key] == "open"


def test_the_alerts_of_a_rule_that_was_removed_lapse(office: Office) -> None:
    office.publish("2019-03", y_te=(2, 10), tu_phap=(0, 10))
    office.set(alert_rules=tuple(rule for rule in office.jurisdiction.alert_rules if rule.id != "zero_online"))
    change = office.publish("2019-04", y_te=(2, 10), tu_phap=(0, 10))
    assert change.resolved == (ZERO.format("so_tu_phap"),)
    assert office.live() == {BELOW.format("so_y_te")}


def test_a_rule_looks_at_its_own_groups_and_scope(office: Office) -> None:
    rules = {rule.id: rule for rule in office.jurisdiction.alert_rules}
    office.set(
        alert_rules=(
            rules["below_target_ytd"].model_copy(update={"unit_groups": ("districts",), "metric_id": None}),
            rules["zero_online"].model_copy(update={"scope": "communes"}),
        )
    )
    change = office.publish("2019-04", y_te=(2, 10), tu_phap=(0, 10), yen_the=(3, 10), noi_vu=None)
    assert set(change.opened) == {
        BELOW.format("yen_the"),
        "zero_online:yen_the:communes:2019",
    }


def test_two_evaluations_at_once_open_each_alert_once_and_tell_it_once(office: Office) -> None:
    office.month("2019-04", y_te=(2, 10), noi_vu=None)
    publication_id = office.province.publish("2019-04").publication_id
    barrier = threading.Barrier(4)
    changes: list[AlertChange] = []

    def evaluate() -> None:
        barrier.wait(timeout=10)
        changes.append(office.evaluate(publication_id))

    threads = [threading.Thread(target=evaluate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(len(change.opened) for change in changes) == [0, 0, 0, 2]
    assert len(office.outbox()) == 2
