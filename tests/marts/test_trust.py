"""How far figures can be trusted, counted by hand.

A failure means that a doubt is not told, or an honest office is suspected.
"""

import json

import pytest

from tests.marts.conftest import FILES, Office, lines
from tests.province import direct, load, online

SUSPECTED = (
    "received_count online_count burst_count same_applicant_count counter_assisted_count same_minute_count"
    " suspected_count is_rate_jump earlier_online_count earlier_received_count"
)


def filed(count: int, at: str, **more: object) -> object:
    """Filed online at this time, and received an hour later unless it is said."""
    return online(count, **{"submitted": at, "received": at.replace(" 0", " 1"), "finished": "2019-04-29", **more})  # type: ignore[arg-type]


def suspected(province: Office, unit: str = "so_y_te") -> list[str]:
    return province.table("suspect_filing_month", SUSPECTED, f"unit_code = '{unit}'")


def test_four_kinds_of_filing_are_suspected_and_a_dossier_of_several_kinds_once(province: Office) -> None:
    province.deliver(
        "y_te", "2019-04",
        filed(4, "2019-04-02 08:00:30"),                                                # a burst
        filed(3, "2019-04-03 08:00:59"),                                                # one too few
        filed(1, "2019-04-03 08:01:00"),                                                # the next minute
        *[filed(1, f"2019-04-04 0{hour}:00:00", applicant="A") for hour in (7, 8, 9)],  # one applicant, three times
        *[filed(1, f"2019-04-05 0{hour}:00:00", applicant="B") for hour in (7, 8)],
        filed(1, "2019-04-06 08:00:00", received="2019-04-06 08:02:00"),                # accepted within two minutes
        filed(1, "2019-04-07 08:00:00", received="2019-04-07 08:02:01"),
        filed(1, "2019-04-08 08:00:00", received="2019-04-08 08:00:10", finished="2019-04-08 08:00:59"),  # and finished
        direct(9, submitted="2019-04-02 08:00:00", received="2019-04-02 08:00:00"),     # at the counter
        online(5, level=2, submitted="2019-04-09 08:00:00", received="2019-04-09 12:00:00"),  # does not count
    )  # fmt: skip
    province.deliver("tan_yen", "2019-04")
    province.publish("2019-04")
    assert suspected(province) == ["30 16 4 3 2 1 9 - - -"]
    assert suspected(province, "tan_yen") == ["0 0 0 0 0 0 0 - - -"]
    assert suspected(province, "so_noi_vu") == ["- - - - - - - - - -"]


def test_days_without_times_are_in_no_minute_and_an_honest_office_is_not_suspected(province: Office) -> None:
    """Midnight is what a date without a time becomes; a time at the counter's end of it tells nothing of the other."""
    days = [f"2019-04-{day:02d} 00:00:00" for day in range(8, 14)]
    province.deliver(
        "y_te", "2019-04",
        online(4, days[0], received=days[0]),                                   # one day, and no minute of it
        online(4, days[1], submitted=days[1], received="2019-04-09 09:00:00"),
        online(1, days[2], submitted=days[2], received=days[2]),                # filed, accepted and finished in a day
        online(1, days[3], submitted=days[3], received="2019-04-11 00:01:00"),
        online(1, days[4], submitted="2019-04-11 23:59:00", received=days[4]),
        online(1, days[5], submitted="2019-04-13 00:00:30", received="2019-04-13 09:00:00"),
    )  # fmt: skip
    province.deliver(
        "tu_phap", "2019-04",
        filed(4, "2019-04-02 00:00:01", received="2019-04-02 09:00:00"),        # a time a second after midnight
        filed(1, "2019-04-03 00:00:01", received="2019-04-03 00:00:02", finished="2019-04-03 00:00:03"),
        filed(4, "2019-04-04 07:00:00", received="2019-04-04 09:00:00"),        # midnight in UTC
    )  # fmt: skip
    province.publish("2019-04")
    assert suspected(province) == ["12 12 0 0 0 0 0 - - -"]
    assert suspected(province, "so_tu_phap") == ["9 9 8 0 1 1 9 - - -"]


def test_where_no_dossier_has_a_time_nothing_is_told_from_minutes_rather_than_that_none_is_suspected(
    province: Office,
) -> None:
    day = "2019-04-08 00:00:00"
    province.deliver("y_te", "2019-04", online(4, day, received=day), direct(1, name="a"))
    province.deliver("tu_phap", "2019-04", direct(1))
    province.publish("2019-04")
    assert suspected(province) == ["5 4 - 0 - - 0 - - -"]
    assert suspected(province, "so_tu_phap") == ["1 0 0 0 0 0 0 - - -"], "nobody filed online"


def test_a_share_that_jumps_over_the_months_before_is_told(province: Office) -> None:
    province.deliver("y_te", "2019-01", online(90, "2019-01-20", received="2019-01-10"))  # too long ago
    for period in ("2019-02", "2019-03"):
        province.deliver(
            "y_te",
            period,
            online(1, f"{period}-20", received=f"{period}-10"),
            direct(4, f"{period}-20", received=f"{period}-10"),
        )
    province.deliver("y_te", "2019-04", online(2, "2019-04-29", name="a"), direct(3, name="b"))
    publication_id = province.build("2019-04")
    assert suspected(province) == ["5 2 0 0 0 0 0 true 2 10"]
    assert ("warn", "rate_jump", "so_y_te") in province.findings(publication_id)
    province.deliver("y_te", "2019-04", direct(1, name="c"))
    province.build("2019-04")
    assert suspected(province) == ["6 2 0 0 0 0 0 false 2 10"]


def test_without_thresholds_nothing_is_suspected_and_nothing_is_called_clean(province: Office, tmp_path) -> None:  # type: ignore[no-untyped-def]
    province.synchronise(load(tmp_path / "trusting", changed={"procedures.csv": FILES["procedures.csv"]}))
    province.deliver("y_te", "2019-04", online(20))
    province.publish("2019-04")
    assert suspected(province) == ["20 20 - - - - - - - -"]


def test_the_applicant_is_never_shown(province: Office) -> None:
    columns = province.rows(
        "select table_schema, table_name from information_schema.columns"
        " where column_name like '%applicant_key%' and table_schema in ('mart', 'bi')"
    )
    assert columns == []


QUALITY = (
    "unit_code source_id dataset state delivery_count record_count accepted_count quarantined_count duplicate_count"
    " late_days is_unchanged"
)


def counts(province: Office, source: str, period: str, records: int, accepted: int) -> None:
    province.execute(
        "update ops.delivery set record_count = :records, accepted_count = :accepted,"
        " quarantined_count = :records - :accepted"
        " where delivery_id ="
        " (select max(delivery_id) from ops.delivery where source_id = :source and period = :period)",
        source=source, period=period, records=records, accepted=accepted,
    )  # fmt: skip


def test_every_expected_source_has_a_row_with_the_quality_of_its_last_delivery(province: Office) -> None:
    province.deliver("y_te", "2019-04", delivered_at="2019-05-03")
    counts(province, "y_te", "2019-04", 5, 1)
    province.deliver("y_te", "2019-04", delivered_at="2019-05-20")
    counts(province, "y_te", "2019-04", 100, 97)
    for number, reasons in enumerate(
        (["no_date", "no_level", "no_date"], ["no_date"], ["duplicate_identical"]),
    ):
        province.execute(
            "insert into quarantine.row (delivery_id, row_number, raw, reasons, state)"
            " select max(delivery_id), :number, '{}', cast(:reasons as jsonb), 'replayed' from ops.delivery",
            number=number, reasons=json.dumps([{"rule": rule} for rule in reasons]),
        )  # fmt: skip
    province.deliver("tu_phap", "2019-04", delivered_at="2019-05-08 00:00:01")
    province.deliver("thue_ho_so", "2019-04", decision="rejected")
    province.publish("2019-04")
    assert province.table("quality_month", QUALITY) == lines(
        """
        so_y_te     y_te         dossier  accepted      2  100 97 3 1  0 -
        so_tu_phap  tu_phap      dossier  accepted      1  - - - 0     2 -
        so_noi_vu   noi_vu       dossier  missing       0  - - - -     - -
        cuc_thue    thue_ho_so   dossier  rejected      1  - - - 0     - -
        cuc_thue    thue_hoa_don dossier  missing       0  - - - -     - -
        yen_the     yen_the      dossier  missing       0  - - - -     - -
        tan_yen     tan_yen      dossier  missing       0  - - - -     - -
        ban_dan_toc ''           -        not_expected  0  - - - -     - -
        """
    )
    (row,) = province.rows("select quarantined_by_rule from mart.quality_month where source_id = 'y_te'")
    assert row.quarantined_by_rule == {"no_date": 2, "no_level": 1, "duplicate_identical": 1}


@pytest.mark.parametrize(("april", "is_unchanged"), [("same", "true"), ("another", "false")])
def test_the_bytes_of_the_month_before_once_more_are_told(province: Office, april: str, is_unchanged: str) -> None:
    for period, content in (("2019-03", "same"), ("2019-04", april)):
        province.deliver("y_te", period)
        province.execute(
            "update ops.delivery set sha256 = :content where period = :period", content=content, period=period
        )
    province.publish("2019-04")
    assert province.table("quality_month", "is_unchanged", "source_id = 'y_te'") == [is_unchanged]


def test_the_same_data_delivered_once_more_makes_no_new_revision(province: Office) -> None:
    for _ in range(2):
        province.deliver("y_te", "2019-04", online(1), direct(2))
        result = province.publish("2019-04")
    assert (result.revision, result.is_new) == (1, False)
