"""Who has reported a month. A failure means that an absent unit would pass for one with nothing, or the reverse."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from onestop import compliance, publication
from onestop.landing import record_pull_attempt
from tests.province import SOURCE_FILE, SOURCES, UNITS, Province, direct, load, local, online


def coverage(
    province: Province, period: str = "2019-04", calendar: str = "calendar", as_of: datetime | None = None
) -> dict[str, compliance.UnitCoverage]:
    with province.engine.begin() as connection:
        told = compliance.coverage(connection, province.jurisdiction.period(period, calendar), as_of=as_of)
    return {unit.unit_code: unit for unit in told}


def statuses(province: Province, period: str = "2019-04", calendar: str = "calendar") -> dict[str, str]:
    return {code: unit.reporting_status for code, unit in coverage(province, period, calendar).items()}


def test_each_unit_of_the_roster_has_one_of_six_statuses_in_the_order_of_the_report(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(4))
    province.deliver("tu_phap", "2019-04")
    province.deliver("noi_vu", "2019-04", decision="rejected")
    province.deliver("yen_the", "2019-04", online(1), delivered_at="2019-05-20")
    assert list(statuses(province).items()) == [
        ("so_y_te", "reported"),
        ("so_tu_phap", "reported_zero"),
        ("so_noi_vu", "rejected"),
        ("cuc_thue", "missing"),
        ("yen_the", "late"),
        ("tan_yen", "missing"),
        ("ban_dan_toc", "not_expected"),
    ]


def test_asking_who_has_reported_says_the_same_as_the_publication_and_writes_nothing(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(4))
    province.deliver("noi_vu", "2019-04", decision="rejected")
    with province.engine.begin() as connection:
        told = compliance.coverage(connection, province.jurisdiction.period("2019-04"))
        again = compliance.coverage(connection, province.jurisdiction.period("2019-04"))
        for mart in ("dossier_count_month", "reporting_status_month"):
            assert connection.scalar(text(f"select count(*) from mart.{mart}")) == 0  # noqa: S608
    assert told == again
    province.publish("2019-04")
    published = province.rows("select * from bi.reporting_status_month order by roster_order")
    assert [(unit.unit_code, unit.reporting_status, unit.sources_missing, unit.detail) for unit in told] == [
        (row.unit_code, row.reporting_status, tuple(row.sources_missing), row.detail) for row in published
    ]


@pytest.mark.parametrize(
    ("first", "second", "status", "missing"),
    [
        ("accepted", "accepted", "reported", ()),
        ("accepted", "rejected", "rejected", ("thue_hoa_don",)),
        ("accepted", None, "missing", ("thue_hoa_don",)),
        ("rejected", None, "missing", ("thue_ho_so", "thue_hoa_don")),
        ("late", "accepted", "late", ()),
        ("late", "rejected", "rejected", ("thue_hoa_don",)),
        (None, None, "missing", ("thue_ho_so", "thue_hoa_don")),
    ],
)
def test_a_unit_is_as_well_reported_as_its_worst_source(
    province: Province, first: str | None, second: str | None, status: str, missing: tuple[str, ...]
) -> None:
    for source_id, how in (("thue_ho_so", first), ("thue_hoa_don", second)):
        if how == "late":
            province.deliver(source_id, "2019-04", direct(1), delivered_at="2019-05-20")
        elif how:
            province.deliver(source_id, "2019-04", direct(1), decision=how)  # type: ignore[arg-type]
    unit = coverage(province)["cuc_thue"]
    assert (unit.reporting_status, set(unit.sources_missing)) == (status, set(missing))


def test_a_delivery_before_the_due_moment_is_in_time_and_one_at_it_is_late(province: Province) -> None:
    due_at = province.jurisdiction.period("2019-04").due_at
    for source_id, delivered_at in (("y_te", due_at - timedelta(microseconds=1)), ("tu_phap", due_at)):
        province.deliver(source_id, "2019-04", direct(1), delivered_at=f"{delivered_at:%Y-%m-%d %H:%M:%S.%f}")
    assert (statuses(province)["so_y_te"], statuses(province)["so_tu_phap"]) == ("reported", "late")


def test_a_source_that_delivered_in_time_may_correct_itself_later(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1), delivered_at="2019-05-02")
    province.deliver("y_te", "2019-04", direct(2), delivered_at="2019-06-20")
    assert statuses(province)["so_y_te"] == "reported"


def test_a_refused_delivery_in_time_does_not_excuse_a_late_one(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1), delivered_at="2019-05-02", decision="rejected")
    province.deliver("y_te", "2019-04", direct(1), delivered_at="2019-05-20")
    assert statuses(province)["so_y_te"] == "late"


def test_a_refused_correction_does_not_take_back_what_was_accepted(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    province.deliver("y_te", "2019-04", direct(2), decision="rejected")
    assert statuses(province)["so_y_te"] == "reported"


def test_an_unknown_time_of_delivery_is_not_held_against_the_source(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    assert province.rows("select delivered_at from ops.delivery")[0]["delivered_at"] is None
    assert statuses(province)["so_y_te"] == "reported"


def test_a_delivery_counts_from_the_moment_it_was_decided(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    decided_at = province.rows("select decided_at from ops.delivery")[0]["decided_at"]
    before = coverage(province, as_of=decided_at - timedelta(microseconds=1))["so_y_te"]
    assert (before.reporting_status, before.sources_missing) == ("missing", ("y_te",))
    assert coverage(province, as_of=decided_at)["so_y_te"].reporting_status == "reported"


def test_a_delivery_for_one_month_does_not_report_another(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    assert statuses(province, "2019-03")["so_y_te"] == "missing"
    assert statuses(province, "2019-05")["so_y_te"] == "missing"


def test_the_last_failure_of_a_missing_source_is_told(province: Province) -> None:
    for minute, error in enumerate(("timed out", "connection refused")):
        province.execute(
            "insert into ops.pull_attempt (source_id, period, outcome, error, attempted_at)"
            " values ('y_te', '2019-04', 'failed', :error, :at)",
            error=error,
            at=local(f"2019-05-02 08:0{minute}:00"),
        )
    province.deliver("noi_vu", "2019-04", decision="rejected")
    units = coverage(province)
    assert units["so_y_te"].detail == "y_te: connection refused"
    assert units["so_noi_vu"].detail == "noi_vu: column NgayTra is missing"
    assert units["tan_yen"].detail is None


def test_a_source_is_expected_from_its_first_month_to_its_last(province: Province, tmp_path: Path) -> None:
    ends = SOURCE_FILE.format(id="y_te", unit="so_y_te").replace(
        "expected_from: 2019-01-01", "expected_from: 2019-02-01\nexpected_to: 2019-03-31"
    )
    province.synchronise(load(tmp_path / "ends", changed={"sources/y_te.yaml": ends}))
    assert [statuses(province, f"2019-{month:02d}")["so_y_te"] for month in range(1, 5)] == [
        "not_expected",
        "missing",
        "missing",
        "not_expected",
    ]


def test_an_administrative_month_needs_every_delivery_that_it_overlaps(province: Province) -> None:
    for source_id in SOURCES:  # 15 March to 14 April
        province.deliver(source_id, "2019-04", direct(1, name=source_id))
    province.deliver("y_te", "2019-03")
    province.deliver("tu_phap", "2019-03", decision="rejected")
    province.deliver("noi_vu", "2019-03", delivered_at="2019-04-20")
    found = statuses(province, "2019-04", "administrative")
    assert [found[unit] for unit in UNITS] == [
        "reported", "rejected", "late", "missing", "missing", "missing", "not_expected",
    ]  # fmt: skip


def test_an_administrative_month_counts_from_the_fifteenth_to_the_fourteenth(province: Province) -> None:
    moments = ("2019-03-14 23:59:59", "2019-03-15 00:00:00", "2019-04-14 23:59:59", "2019-04-15 00:00:00")
    for period in ("2019-03", "2019-04"):
        province.deliver_nothing(period, besides=["y_te"])
        province.deliver("y_te", period, *(direct(1, moment, received="2019-03-01") for moment in moments))
    with province.engine.begin() as connection:
        publication_id = publication.build(
            connection,
            province.jurisdiction,
            province.jurisdiction.period("2019-04", "administrative"),
            kind="official",
            reason="comparison",
            requested_by="a test",
        )
    rows = province.rows(
        "select unit_code, denominator from mart.compliance_month"
        " where publication_id = :id and metric_id = 'resolved_all' and scope = 'total'",
        id=publication_id,
    )
    assert {row["unit_code"]: row["denominator"] for row in rows} == dict.fromkeys(UNITS, 0) | {
        "so_y_te": 2,
        "ban_dan_toc": None,
    }


def test_periods_that_late_data_can_change(province: Province) -> None:
    """The later months of the year, and those of the next whose row of missed months reaches back."""
    published = ("2019-02", "2019-03", "2019-11", "2019-12", "2020-02")
    for period in published:
        province.deliver("y_te", period, direct(1, f"{period}-10", received="2019-01-01"))
        province.publish(period)
    with province.engine.begin() as connection:
        affected = {
            period: compliance.affected_periods(connection, province.jurisdiction.period(period))
            for period in ("2019-01", "2019-02", "2019-03", "2019-12", "2020-03")
        }
    assert affected == {
        "2019-01": ["2019-01", "2019-02", "2019-03", "2019-11", "2019-12"],
        "2019-02": ["2019-02", "2019-03", "2019-11", "2019-12"],
        "2019-03": ["2019-03", "2019-11", "2019-12", "2020-02"],
        "2019-12": ["2019-12", "2020-02"],
        "2020-03": ["2020-03"],
    }


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("unauthorised", "không chấp nhận tài khoản truy cập"),
        ("unavailable", "không trả lời hoặc quá tải"),
        ("cut_off", "không trọn vẹn"),
        ("not_ready", "chưa gửi số liệu của kỳ"),
        ("misconfigured", "không đúng như đã thống nhất"),
        (None, "không thành công"),
    ],
)
def test_officials_read_why_in_a_sentence_without_hosts(province: Province, kind: str | None, told: str) -> None:
    with province.engine.begin() as connection:
        record_pull_attempt(
            connection, "y_te", "2019-04", None, "failed", None, "https://a.example/x: 401", failure_kind=kind
        )
    province.deliver("tu_phap", "2019-04", direct(1))
    province.deliver("noi_vu", "2019-04", decision="rejected")
    province.publish("2019-04")
    rows = {row["unit_code"]: row for row in province.rows("select * from bi.reporting_status_month")}
    assert rows["so_y_te"].detail == "y_te: https://a.example/x: 401"
    assert told in rows["so_y_te"].detail_vi
    assert "example" not in rows["so_y_te"].detail_vi
    assert "bị từ chối khi kiểm tra" in rows["so_noi_vu"].detail_vi
    assert rows["tan_yen"].detail_vi == "Chưa nhận được số liệu đã kiểm tra xong của kỳ."
    assert (rows["so_tu_phap"].detail_vi, rows["ban_dan_toc"].detail_vi) == (None, None)


def test_the_source_is_named_where_a_unit_lacks_several_in_different_ways(province: Province) -> None:
    with province.engine.begin() as connection:
        record_pull_attempt(connection, "thue_ho_so", "2019-04", None, "failed", None, "x", failure_kind="unavailable")
    province.deliver("y_te", "2019-04", direct(1))
    province.publish("2019-04")
    rows = {row["unit_code"]: row for row in province.rows("select * from bi.reporting_status_month")}
    assert rows["cuc_thue"].detail_vi == (
        "thue_ho_so: Hệ thống của cơ quan không trả lời hoặc quá tải. "
        "thue_hoa_don: Chưa nhận được số liệu đã kiểm tra xong của kỳ."
    )
