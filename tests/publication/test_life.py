"""The life of a publication, from built to published. A failure means that readers saw what nobody signed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from onestop import publication
from tests.province import UNITS, Province, direct, online

FIGURES = ("compliance_month", "compliance_ytd", "reporting_status_month", "dossier_count_month")


def figure_count(province: Province, publication_id: int) -> int:
    """How many rows of figures the marts keep of a publication."""
    return sum(
        province.rows(f"select count(*) from mart.{mart} where publication_id = :id", id=publication_id)[0]["count"]  # noqa: S608
        for mart in FIGURES
    )


def test_readers_see_a_month_when_it_is_published_and_not_a_step_earlier(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(3), direct(7))
    publication_id = province.build("2019-04")
    steps = (province.check, province.approve, province.release)
    for step in steps:
        assert province.figures("compliance_month", "2019-04") == {}
        assert province.figures("compliance_ytd_revision", "2019-04") == {}
        assert province.rows("select * from bi.reporting_status_month") == []
        step(publication_id)
    rows = province.figures("compliance_month", "2019-04")
    assert set(rows) == set(UNITS)
    assert {row.publication_id for row in rows.values()} == {publication_id}


def test_a_publication_says_who_asked_who_approved_why_and_from_which_data(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(3), direct(7))
    result = province.publish("2019-04", run_id="manual__1")
    stored = province.stored(result.publication_id)
    assert (stored.reason, stored.requested_by, stored.approver, stored.evidence, stored.run_id) == (
        "monthly report",
        "a test",
        "the head of the office",
        {"ticket": 1730},
        "manual__1",
    )
    assert stored.configuration_hash == province.jurisdiction.configuration_hash
    assert stored.as_of < stored.built_at < stored.checked_at < stored.approved_at < stored.published_at
    assert len(stored.content_hash) == 64


def test_late_data_makes_a_new_revision_and_the_earlier_one_stays_as_it_was(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(2), direct(7))
    first = province.publish("2019-04")
    before = province.figures("compliance_ytd_revision", "2019-04")
    province.deliver("y_te", "2019-04", online(2, name="late"))
    second = province.publish("2019-04")
    assert (first.revision, second.revision, second.is_new) == (1, 2, True)
    revisions = province.rows(
        "select revision, numerator, denominator, status from bi.compliance_ytd_revision "
        "where unit_code = 'so_y_te' and metric_id = 'resolved_all' order by revision"
    )
    assert [tuple(row.values()) for row in revisions] == [(1, 2, 9, "not_met"), (2, 4, 11, "met")]
    assert province.figures("compliance_ytd", "2019-04")["so_y_te"].revision == 2
    kept = province.rows(
        "select * from bi.compliance_ytd_revision where revision = 1 and metric_id = 'resolved_all' and scope = 'total'"
    )
    assert {row.unit_code: row for row in kept} == before


def test_equal_figures_make_no_revision_and_leave_only_a_trace(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(2), direct(7))
    first = province.publish("2019-04")
    province.deliver("y_te", "2019-04", online(2), direct(7))
    again = province.publish("2019-04")
    assert (again.publication_id, again.revision, again.is_new) == (first.publication_id, 1, False)
    trace = province.rows("select publication_id, state, unchanged_from from ops.publication order by 1 desc")[0]
    assert (trace.state, trace.unchanged_from) == ("unchanged", first.publication_id)
    assert figure_count(province, trace.publication_id) == 0
    assert province.release(trace.publication_id) == again


def test_revisions_of_one_month_count_apart_from_those_of_another(province: Province) -> None:
    province.deliver("y_te", "2019-03", direct(1, "2019-03-10", received="2019-03-01"))
    province.deliver("y_te", "2019-04", direct(1))
    assert [province.publish(period).revision for period in ("2019-03", "2019-04")] == [1, 1]
    province.deliver("y_te", "2019-03", direct(2, "2019-03-11", received="2019-03-01"))
    assert [province.publish(period).revision for period in ("2019-03", "2019-04")] == [2, 2]


def test_nobody_publishes_what_was_not_checked_or_not_approved(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    publication_id = province.build("2019-04")
    for step in (province.approve, province.release):
        with pytest.raises(publication.PublicationNotCheckedError, match="has not been checked"):
            step(publication_id)
    province.check(publication_id)
    with pytest.raises(publication.PublicationNotCheckedError, match="nobody has approved"):
        province.release(publication_id)
    assert province.rows("select * from bi.compliance_month") == []


def test_an_unknown_number_is_named(province: Province) -> None:
    for step in (province.check, province.approve, province.release):
        with pytest.raises(publication.PublicationUnknownError, match="no publication 1730"):
            step(1730)


@pytest.mark.parametrize("last_step", ["build", "check", "approve"])
def test_a_newer_build_replaces_an_unpublished_one_whatever_its_step(province: Province, last_step: str) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    older = province.build("2019-04")
    for step in {"build": [], "check": [province.check], "approve": [province.check, province.approve]}[last_step]:
        step(older)
    newer = province.build("2019-04")
    assert (province.stored(older)["state"], figure_count(province, older)) == ("replaced", 0)
    for step in (province.check, province.approve, province.release):
        with pytest.raises(publication.PublicationReplacedError, match=f"the newest is {newer}"):
            step(older)
    province.check(newer)
    province.approve(newer)
    assert province.release(newer).revision == 1


def test_a_refused_build_does_not_come_back_after_a_newer_one_was_published(province: Province) -> None:
    refused = province.build("2019-04")
    province.check(refused)
    assert province.stored(refused)["state"] == "refused"
    province.deliver("y_te", "2019-04", direct(1))
    province.publish("2019-04")
    with pytest.raises(publication.PublicationReplacedError):
        province.check(refused)


def test_steps_done_again_change_nothing(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(1))
    result = province.publish("2019-04")
    before = province.stored(result.publication_id)
    findings = province.check(result.publication_id)
    province.approve(result.publication_id)
    assert province.release(result.publication_id) == result
    assert province.stored(result.publication_id) == before
    assert findings == province.check(result.publication_id)


def test_provisional_figures_stand_apart_need_no_approval_and_replace_one_another(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(1))
    official = province.publish("2019-04")
    seen = []
    for extra in (1, 2):
        province.deliver("y_te", "2019-04", online(extra, name=f"extra {extra}"))
        publication_id = province.build("2019-04", "provisional")
        province.check(publication_id)
        result = province.release(publication_id)
        assert (result.revision, result.is_new) == (None, True)
        row = province.figures("compliance_month_provisional", "2019-04")["so_y_te"]
        seen.append((row.publication_id == publication_id, row.numerator))
    assert seen == [(True, 2), (True, 4)]
    assert province.figures("compliance_month", "2019-04")["so_y_te"].numerator == 1
    assert {row.publication_id for row in province.rows("select * from bi.compliance_month_revision")} == {
        official.publication_id
    }
    trace = province.rows("select publication_id, state, revision from ops.publication order by publication_id")
    assert [(row.state, row.revision, figure_count(province, row.publication_id) > 0) for row in trace] == [
        ("published", 1, True),
        ("replaced", None, False),
        ("published", None, True),
    ]


def test_equal_provisional_figures_are_not_published_twice(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1))
    first = province.publish("2019-04", "provisional")
    again = province.publish("2019-04", "provisional")
    assert (again.publication_id, again.is_new) == (first.publication_id, False)


def test_the_same_moment_gives_the_same_figures_however_much_came_afterwards(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(2), direct(7))
    province.deliver("tu_phap", "2019-04", decision="rejected")
    province.deliver("yen_the", "2019-04", direct(3, commune="07243"), delivered_at="2019-05-20")
    first = province.stored(province.publish("2019-04").publication_id)
    province.deliver("y_te", "2019-04", online(5, name="late"), direct(7, None, status="withdrawn"))
    province.deliver("tu_phap", "2019-04", direct(9))
    province.deliver("yen_the", "2019-04", direct(3, commune="07243"), delivered_at="2019-05-01")
    second = province.stored(province.publish("2019-04").publication_id)
    assert second.content_hash != first.content_hash
    for known in (first, second):
        again = province.stored(province.build("2019-04", as_of=known.as_of))
        assert (again.content_hash, again.as_of) == (known.content_hash, known.as_of)


def test_figures_as_known_at_a_moment_that_is_not_over_or_not_certain_are_refused(province: Province) -> None:
    with pytest.raises(publication.AsOfError, match="is not over yet"):
        province.build("2019-04", as_of=datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(publication.AsOfError, match="no offset"):
        province.build("2019-04", as_of=datetime(2019, 5, 16))  # noqa: DTZ001 - it is what the test is about


@pytest.mark.parametrize(
    "written",
    [
        "insert into mart.dossier_count_month select 1000, period, unit_code, is_commune, event, channel,"
        " service_level, dossier_count, figures_from from mart.dossier_count_month",
        "update mart.dossier_count_month set publication_id = 1000",
    ],
)
def test_counts_are_those_of_a_publication_that_is_there(province: Province, written: str) -> None:
    """Held once a statement, not by a foreign key that looks the publication up for every row."""
    province.deliver("y_te", "2019-04", online(3), direct(7))
    publication_id = province.build("2019-04")
    with pytest.raises(IntegrityError, match=r"mart\.dossier_count_month .* publication 1000, which is not in"):
        province.execute(written)
    assert {row.publication_id for row in province.rows("select * from mart.dossier_count_month")} == {publication_id}
