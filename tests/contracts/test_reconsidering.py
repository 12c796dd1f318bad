"""Replays, acceptances and comparisons: a failure here means rows counted twice, lost, or accepted by nobody."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from itertools import permutations

import pytest
from sqlalchemy import event

from onestop import warehouse
from onestop.contracts import DeliveryRefused, NotAcceptable, Reconsideration
from onestop.jurisdiction.models import Alias
from onestop.landing import DeliveryFacts, Part, register_delivery
from tests.contracts.conftest import IDENTITY_KEY, csv_text, numbered, row
from tests.contracts.test_deliveries import in_march


def again(agency, person="nguoi.van.hanh"):
    return Reconsideration(agency.jurisdiction, agency.landing, IDENTITY_KEY, person)


def replay(agency, delivery_id):
    jurisdiction = agency.jurisdiction.model_copy(update={"sources": (agency.source,)})
    agency.jurisdiction = jurisdiction
    with agency.engine.connect() as connection:
        return again(agency).replay(connection, delivery_id)


def accept(agency, delivery_id, reason):
    agency.jurisdiction = agency.jurisdiction.model_copy(update={"sources": (agency.source,)})
    with agency.engine.connect() as connection:
        return again(agency).accept(connection, delivery_id, reason)


def delivered_at(agency, rows, moment, period="2019-04", **facts):
    """Deliver rows as they stood at a moment, and take them."""
    agency.settings["state_as_of"] = "pull"
    manifest = agency.landing.write(
        agency.source,
        agency.period(period),
        [Part("hoso.csv", iter([csv_text(rows).encode()]))],
        pulled_at=datetime.fromisoformat(moment).replace(tzinfo=UTC),
        facts=DeliveryFacts(**facts),
    )
    with agency.engine.begin() as connection:
        delivery_id = register_delivery(connection, manifest, None)
    agency.load(delivery_id)
    agency.check(delivery_id, period)
    return delivery_id


def state(agency):
    """Everything that figures and people see."""
    return [
        agency.rows(query)
        for query in (
            "select owner_unit_code, dossier_code, channel, known_from, known_to"
            " from core.dossier_version order by 1, 2, 4",
            "select row_number, state, outcome, reasons, replayed_at from quarantine.row order by 1",
            "select state, record_count, accepted_count, quarantined_count, decided_at, reasons"
            " from ops.delivery order by delivery_id",
            "select * from core.dossier_absence order by 1, 2",
        )
    ]


def test_rows_are_taken_once_after_a_map_is_corrected_and_replaying_again_changes_nothing(agency):
    agency.settings["value_maps"] = {"channel": {"2": "online"}}
    agency.take(
        [*numbered(3), row(dossier_code="A-190405-1", channel="TN"), row(dossier_code="A-190405-2", status="?")]
    )
    decided_at = agency.one("select decided_at from ops.delivery")
    agency.settings["value_maps"] = {"channel": {"2": "online", "TN": "online"}}
    seen = replay(agency, 1)
    assert (seen.record_count, seen.accepted_count, seen.quarantined_count, seen.replayed_count) == (5, 4, 1, 1)
    assert seen.merge.inserted == 1
    assert agency.one("select count(*) from core.dossier_version") == (4,)
    rows = agency.rows("select row_number, state, outcome, replayed_by from quarantine.row order by 1")
    assert rows == [(4, "replayed", "inserted", "nguoi.van.hanh"), (5, "open", None, None)]
    assert agency.one("select decided_at from ops.delivery") == decided_at, "who had reported has reported all along"
    before = state(agency)
    seen = replay(agency, 1)
    assert (seen.replayed_count, seen.withdrawn_count, seen.merge.inserted, seen.merge.changed) == (0, 0, 0, 0)
    assert state(agency) == before


def test_rows_are_taken_once_after_an_alias_is_added(agency):
    agency.take([row(dossier_code="A-190405-1"), row(dossier_code="A-190405-2", unit="Y tế tỉnh")])
    assert agency.one("select count(*) from core.dossier_version") == (1,)
    alias = Alias(kind="unit", alias="Y tế tỉnh", code="so_y_te", valid_from=date(2016, 1, 1))
    agency.jurisdiction = agency.jurisdiction.model_copy(update={"aliases": (*agency.jurisdiction.aliases, alias)})
    assert [replay(agency, 1).replayed_count for _ in range(2)] == [1, 0]
    counted = agency.rows("select owner_unit_code, dossier_code from core.dossier_version order by 2")
    assert counted == [("so_y_te", "A-190405-1"), ("so_y_te", "A-190405-2")]
    assert agency.rows("select row_number, state, outcome from quarantine.row") == [(2, "replayed", "inserted")]


def test_a_corrected_catalogue_gives_a_dossier_another_level_and_counts_it_once(agency):
    agency.take([row(dossier_code="A-190405-1"), row(dossier_code="A-190405-2", procedure_code="1.999999")])
    levels = "select dossier_code, service_level from core.dossier order by 1"
    assert agency.rows(levels) == [("A-190405-1", 4), ("A-190405-2", 4)], "not in the catalogue: as stated"
    known = agency.jurisdiction.procedures[0]
    added = known.model_copy(
        update={"procedure_code": "1.999999", "service_level": 3, "valid_from": date(2016, 1, 1), "valid_to": date.max}
    )
    procedures = (*agency.jurisdiction.procedures, added)
    agency.jurisdiction = agency.jurisdiction.model_copy(update={"procedures": procedures})
    with agency.engine.begin() as connection:
        warehouse.synchronise(connection, agency.jurisdiction)
    assert replay(agency, 1).merge.changed == 1
    assert agency.rows(levels) == [("A-190405-1", 4), ("A-190405-2", 3)]
    assert replay(agency, 1).merge.changed == 0


def test_a_dossier_that_turns_out_to_be_another_unit_s_is_counted_there_alone(agency):
    agency.settings["value_maps"] = {"unit": {"MC": "so_y_te"}}
    agency.take([row(unit="MC")])
    agency.settings["value_maps"] = {"unit": {"MC": "lang_giang"}}
    seen = replay(agency, 1)
    assert (seen.withdrawn_count, seen.merge.inserted) == (1, 1)
    current = "select owner_unit_code from core.dossier_version where known_to = 'infinity'"
    assert agency.rows(current) == [("lang_giang",)]


def test_what_was_known_before_a_withdrawn_row_holds_again(agency):
    delivered_at(agency, [row(channel="1")], "2019-05-02")
    agency.settings["value_maps"] = {"channel": {"2": "online", "1": "direct"}}
    delivery_id = delivered_at(agency, [row(channel="2")], "2019-05-03")
    agency.settings["value_maps"] = {"channel": {"1": "direct"}}
    agency.with_limits(max_refused_row_share=1)
    assert replay(agency, delivery_id).withdrawn_count == 1
    assert agency.rows("select channel from core.dossier_version where known_to = 'infinity'") == [("direct",)]
    assert agency.one("select state from quarantine.row") == ("open",)


def test_a_delivery_refused_for_its_rows_is_taken_once_they_are_understood(agency):
    agency.with_limits(max_unknown_unit_share=0.1)
    delivery_id = agency.deliver([row(unit="Phòng Mới")])
    agency.load(delivery_id)
    with pytest.raises(DeliveryRefused):
        agency.check(delivery_id)
    agency.settings["value_maps"] = {"unit": {"Phòng Mới": "so_y_te"}}
    seen = replay(agency, delivery_id)
    assert (seen.state_before, seen.state, seen.accepted_count, seen.replayed_count) == ("rejected", "accepted", 1, 1)
    assert agency.one("select state, reasons, decided_by from ops.delivery") == ("accepted", None, "nguoi.van.hanh")


def test_an_accepted_delivery_is_never_taken_back_as_a_whole(agency):
    agency.take(numbered(5))
    before = state(agency)
    agency.settings["value_maps"] = {"channel": {"1": "direct"}}
    agency.with_limits(max_refused_row_share=0.1)
    seen = replay(agency, 1)
    assert [item.rule for item in seen.refusal.reasons] == ["refused_rows"]
    assert state(agency) == before
    assert agency.rows("select tablename from pg_tables where schemaname = 'staging'") == []


def test_a_person_accepts_what_a_comparison_refused_and_is_named(agency):
    agency.take(in_march(100), "2019-03")
    delivery_id = agency.deliver(numbered(2))
    agency.load(delivery_id)
    with pytest.raises(DeliveryRefused, match="decrease of rows"):
        agency.check(delivery_id)
    with pytest.raises(NotAcceptable, match="Say why"):
        accept(agency, delivery_id, "  ")
    seen = accept(agency, delivery_id, "Nghỉ Tết, đã hỏi Sở")
    assert (seen.state, seen.accepted_count) == ("accepted", 2)
    assert agency.one("select rules, reason, accepted_by from ops.delivery_override") == (
        ["delivery_shrunk"],
        "Nghỉ Tết, đã hỏi Sở",
        "nguoi.van.hanh",
    )
    assert agency.one("select decided_by, decision_note from ops.delivery where delivery_id = :id", id=delivery_id) == (
        "nguoi.van.hanh",
        "Nghỉ Tết, đã hỏi Sở",
    )
    assert replay(agency, delivery_id).refusal is None, "an acceptance holds for every replay"
    decisions = agency.rows(
        "select state, decided_by, note from ops.delivery_decision where delivery_id = :id order by 1 desc",
        id=delivery_id,
    )
    assert decisions == [("rejected", "contract", None), ("accepted", "nguoi.van.hanh", "Nghỉ Tết, đã hỏi Sở")]


def test_nobody_can_accept_bytes_that_cannot_be_read(agency):
    delivery_id = agency.deliver("khong;phai\r\n")
    with pytest.raises(DeliveryRefused):
        agency.load(delivery_id)
    with pytest.raises(NotAcceptable, match="column_missing"):
        accept(agency, delivery_id, "vì sao không")
    assert agency.one("select state from ops.delivery") == ("rejected",)


def test_the_same_month_a_third_time_is_refused(agency):
    agency.with_limits(max_unchanged_periods=1)
    rows = [
        {**one, "returned_at": ""}
        for one in numbered(5, received_at="05/01/2019", submitted_at="", finished_at="06/01/2019")
    ]
    agency.take(rows, "2019-02")
    agency.take(rows, "2019-03")
    with pytest.raises(DeliveryRefused, match="very same rows in at most 1 months before; seen: 2"):
        agency.take(rows, "2019-04")


def test_an_old_export_and_other_statuses_are_warned_of(agency):
    agency.take(in_march(40), "2019-03")
    agency.take([{**one, "status": "4", "finished_at": "", "returned_at": ""} for one in in_march(40)], "2019-04")
    missed = {
        name: float(seen)
        for name, seen in agency.rows("select expectation, observed from ops.expectation_result where not is_met")
    }
    assert missed == {"keys_overlap": 1.0, "statuses_shifted": 1.0}


def test_identity_numbers_that_stand_for_nobody_are_warned_of(agency):
    agency.with_limits(placeholder_identities=("024000000024",))
    delivery_id = agency.deliver([*numbered(2), row(dossier_code="A-190405-1", applicant_id_number="000000001")])
    agency.load(delivery_id)
    agency.check(delivery_id)
    found = dict(
        agency.rows("select expectation, observed from ops.expectation_result where expectation like 'identity_%'")
    )
    assert {name: round(float(seen), 3) for name, seen in found.items()} == {
        "identity_placeholder": 1,
        "identity_placeholders": 0.333,
    }
    assert agency.one("select count(*) from core.dossier_version where applicant_key is not null") == (3,), (
        "name and phone"
    )


def test_a_dossier_gone_from_a_later_full_delivery_is_marked_and_not_deleted(agency):
    delivered_at(agency, numbered(40), "2019-05-02")
    second = delivered_at(agency, numbered(38), "2019-05-03")
    marks = "select dossier_code, delivery_id, known_to = 'infinity' from core.dossier_absence order by 1, 3"
    gone = ["000.00.12.H02-190405-0039", "000.00.12.H02-190405-0040"]
    assert agency.rows(marks) == [(code, second, True) for code in gone]
    assert agency.one("select count(*) from core.dossier") == (40,)
    warned = agency.one(
        "select observed from ops.expectation_result where expectation = 'records_vanished' and not is_met"
    )
    assert float(warned.observed) == 0.05
    delivered_at(agency, numbered(39), "2019-05-04")
    assert agency.rows(marks) == [(gone[0], second, False), (gone[1], second, True)]
    assert agency.rows("select 1 from ops.expectation_result where expectation = 'keys_overlap' and not is_met") == []


@pytest.mark.parametrize("order", list(permutations("ABC")))
def test_a_dossier_whose_receipt_was_corrected_to_another_month_is_absent_from_none(agency, order):
    """Whichever delivery comes first. Where its new month lacks it later, it is absent from that one."""
    code = "000.00.12.H02-190405-0003"
    corrected = numbered(3, received_at="02/05/2019 08:00", finished_at="", returned_at="", status="4")[-1]
    deliveries = {
        "A": (numbered(3), "2019-05-02", "2019-04"),
        "B": ([corrected, row(dossier_code="M-1", received_at="03/05/2019 08:00")], "2019-06-02", "2019-05"),
        "C": (numbered(2), "2019-06-03", "2019-04"),
    }
    for name in order:
        delivered_at(agency, *deliveries[name])
    absent = "select dossier_code, period from core.dossier_absence where known_to = 'infinity'"
    assert agency.rows(absent) == []
    (received,) = agency.one("select received_at::date from core.dossier where dossier_code = :c", c=code)
    assert received == date(2019, 5, 2)
    delivered_at(agency, deliveries["B"][0][1:], "2019-06-04", "2019-05")
    assert agency.rows(absent) == [(code, "2019-05")]


def test_what_another_month_told_before_a_dossier_was_in_its_own_does_not_find_it_again(agency):
    """It comes late, and says nothing of what is so now."""
    delivered_at(agency, numbered(3), "2019-05-02")
    delivered_at(agency, numbered(2), "2019-06-03")
    absent = "select right(dossier_code, 4), period from core.dossier_absence where known_to = 'infinity'"
    assert agency.rows(absent) == [("0003", "2019-04")]
    before = numbered(3, received_at="01/03/2019 08:00", submitted_at="", finished_at="", returned_at="", status="4")
    delivered_at(agency, before[2:], "2019-04-01", "2019-03")
    assert agency.rows(absent) == [("0003", "2019-04")]


def test_a_delivery_that_has_everything_is_not_searched_for_gaps_again(agency):
    """A failure means that the same month delivered anew costs as much as a month of its own."""
    searches = []

    def seen(_connection, _cursor, sql, *_):
        searches.extend(name for name in ("absent_dossier", "gone_count") if name in sql)

    event.listen(agency.engine, "before_cursor_execute", seen)
    delivered_at(agency, numbered(40), "2019-05-02")
    assert searches == []
    delivered_at(agency, numbered(40)[::-1], "2019-05-03")
    assert searches == ["gone_count"]
    third = delivered_at(agency, numbered(39), "2019-05-04")
    assert "absent_dossier" in searches
    assert agency.rows("select dossier_code, delivery_id from core.dossier_absence") == [
        ("000.00.12.H02-190405-0040", third)
    ]
    searches.clear()
    delivered_at(agency, numbered(39)[::-1], "2019-05-05")
    assert searches == ["gone_count"], "the third did not have it either"


def test_what_is_replayed_between_the_judgement_and_the_merge_is_missed_nonetheless(agency, monkeypatch):
    """A failure means that a dossier known since a moment ago is gone and nobody says so."""
    agency.settings["value_maps"] = {"channel": {"2": "online"}}
    delivered_at(agency, [*numbered(3), row(dossier_code="A-190405-1", channel="TN")], "2019-05-02")
    decision = sys.modules["onestop.contracts.decision"]
    decide = decision.decide

    def late(*arguments, **named):
        monkeypatch.setattr(decision, "decide", decide)
        agency.settings["value_maps"] = {"channel": {"2": "online", "TN": "online"}}
        assert replay(agency, 1).merge.inserted == 1
        return decide(*arguments, **named)

    monkeypatch.setattr(decision, "decide", late)
    second = delivered_at(agency, numbered(3), "2019-05-03")
    assert agency.rows("select dossier_code, delivery_id from core.dossier_absence") == [("A-190405-1", second)]


def test_a_dossier_that_several_deliveries_brought_is_missed_once(agency):
    delivered_at(agency, numbered(40), "2019-05-02")
    delivered_at(agency, [*numbered(39), *numbered(40, channel="1")[39:]], "2019-05-03", is_full=False)
    delivered_at(agency, numbered(40)[20:], "2019-05-04", is_full=False)
    last = delivered_at(agency, numbered(40)[2:39], "2019-05-05")
    assert agency.rows("select right(dossier_code, 4), delivery_id from core.dossier_absence order by 1") == [
        ("0001", last), ("0002", last), ("0040", last)
    ]  # fmt: skip
    vanished = (
        "select observed from ops.expectation_result where expectation = 'records_vanished' and delivery_id = :id"
    )
    assert float(agency.one(vanished, id=last).observed) == 0.075


def test_a_dossier_that_was_confirmed_with_its_month_and_changed_since_is_missed_once(agency):
    delivered_at(agency, numbered(40), "2019-05-02")
    delivered_at(agency, numbered(40)[::-1], "2019-05-03")
    delivered_at(agency, numbered(40, channel="1")[39:], "2019-05-04", is_full=False)
    last = delivered_at(agency, numbered(39), "2019-05-05")
    vanished = (
        "select observed from ops.expectation_result where expectation = 'records_vanished' and delivery_id = :id"
    )
    assert float(agency.one(vanished, id=last).observed) == 0.025


def test_nothing_follows_from_what_a_delivery_of_changes_lacks(agency):
    delivered_at(agency, numbered(40), "2019-05-02")
    delivered_at(agency, numbered(1, channel="1"), "2019-05-03", is_full=False)
    assert agency.rows("select 1 from core.dossier_absence") == []
    assert agency.rows("select 1 from ops.expectation_result where not is_met") == []
    delivered_at(agency, numbered(39), "2019-05-04")
    assert len(agency.rows("select 1 from core.dossier_absence")) == 1


def test_a_dossier_that_two_units_report_is_counted_once_where_it_was_received(agency):
    code = "000.00.12.H02-190405-0001"
    agency.take([row(), row(dossier_code="000.00.12.H02-190405-0002")])
    agency.source_id = "huyen"
    agency.take([row(dossier_code=code, unit="Huyện Lạng Giang", received_at="04/04/2019 08:00", submitted_at="")])
    counted = agency.rows("select owner_unit_code, dossier_code from core.dossier order by 2")
    assert counted == [("lang_giang", code), ("so_y_te", "000.00.12.H02-190405-0002")]
    assert agency.one("select count(*) from core.dossier_version") == (3,), "what both say is kept"
    as_of = agency.rows(
        "select owner_unit_code from core.dossier_as_of(clock_timestamp()) where dossier_code = :c", c=code
    )
    assert as_of == [("lang_giang",)]
