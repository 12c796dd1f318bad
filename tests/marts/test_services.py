"""Procedures, communes and the catalogue, counted by hand.

A failure means that a unit is praised or blamed for another's work.
"""

from tests.marts.conftest import Office, lines
from tests.province import direct, online

PARTS = ("online_level_3", "online_level_4", "online_other", "direct", "post")
COUNTS = " ".join(f"{event}_{part}_count" for event in ("received", "resolved") for part in PARTS)
TOTALS = "received_count resolved_count"


def deliver(province: Office) -> None:
    """Health works on three procedures, justice on an unknown one, Yên Thế at its own desk and a commune's."""
    province.deliver(
        "y_te", "2019-04",
        online(2, procedure="1.000003"),
        direct(3, procedure="1.000003"),
        online(1, None, procedure="1.000004", level=4, status="in_process"),
        direct(2, None, procedure="1.000004", level=4, status="withdrawn"),
        direct(4, procedure="1.000003", level=2, received="2019-03-20"),
        direct(5, None, procedure="1.000004", level=4, status="not_accepted"),
        direct(1, "2019-05-02", procedure="1.000001", level=2),
    )  # fmt: skip
    province.deliver("tu_phap", "2019-04", direct(1, procedure=None, level=None), online(1, level=None, procedure=None))
    province.deliver(
        "yen_the", "2019-04",
        direct(1), online(2, commune="07243", procedure="1.000005"), direct(3, "2019-05-01", commune="07243"),
        online(1, procedure="1.000005", received="2019-03-31 23:59:59"),
    )  # fmt: skip
    province.deliver("tan_yen", "2019-04")
    province.deliver("noi_vu", "2019-04", decision="rejected")


def test_a_units_procedures_of_the_month(province: Office) -> None:
    deliver(province)
    province.publish("2019-04")
    # unit, procedure, received: all, resolved: all, received and resolved by level 3, 4, other online, direct, post
    assert province.table("procedure_month", f"unit_code procedure_code {TOTALS} {COUNTS}") == lines(
        """
        so_y_te     ''        0 0   0 0 0 0 0   0 0 0 0 0
        so_y_te     1.000001  1 0   0 0 0 1 0   0 0 0 0 0
        so_y_te     1.000003  5 9   2 0 0 3 0   2 0 0 7 0
        so_y_te     1.000004  3 0   0 1 0 2 0   0 0 0 0 0
        so_tu_phap  ''        2 2   0 0 1 1 0   0 0 1 1 0
        yen_the     ''        0 0   0 0 0 0 0   0 0 0 0 0
        yen_the     1.000005  2 3   2 0 0 0 0   3 0 0 0 0
        yen_the     1.000178  4 1   0 0 0 4 0   0 0 0 1 0
        tan_yen     ''        0 0   0 0 0 0 0   0 0 0 0 0
        so_noi_vu   ''        - -   - - - - -   - - - - -
        cuc_thue    ''        - -   - - - - -   - - - - -
        ban_dan_toc ''        - -   - - - - -   - - - - -
        """
    )


def test_a_districts_communes_of_the_month(province: Office) -> None:
    deliver(province)
    province.publish("2019-04")
    assert province.table("commune_month", f"unit_code commune_code {TOTALS} {COUNTS}") == lines(
        """
        so_y_te     ''     9 9   2 1 0 6 0   2 0 0 7 0
        so_tu_phap  ''     2 2   0 0 1 1 0   0 0 1 1 0
        yen_the     ''     1 2   0 0 0 1 0   1 0 0 1 0
        yen_the     07243  5 2   2 0 0 3 0   2 0 0 0 0
        tan_yen     ''     0 0   0 0 0 0 0   0 0 0 0 0
        tan_yen     07339  0 0   0 0 0 0 0   0 0 0 0 0
        so_noi_vu   ''     - -   - - - - -   - - - - -
        cuc_thue    ''     - -   - - - - -   - - - - -
        ban_dan_toc ''     - -   - - - - -   - - - - -
        """
    )


def test_what_was_filed_at_the_counter_though_it_was_offered_online(province: Office) -> None:
    """By the level at receipt: the procedure that became level 3 on 1 April counts from then on."""
    deliver(province)
    province.publish("2019-04")
    assert province.table(
        "missed_online_month", "unit_code procedure_code eligible_count online_count direct_count post_count"
    ) == lines(
        """
        so_y_te     ''        0 0 0 0
        so_y_te     1.000003  5 2 3 0
        so_y_te     1.000004  3 1 2 0
        so_tu_phap  ''        0 0 0 0
        yen_the     ''        0 0 0 0
        yen_the     1.000005  2 2 0 0
        yen_the     1.000178  4 0 4 0
        tan_yen     ''        0 0 0 0
        so_noi_vu   ''        - - - -
        cuc_thue    ''        - - - -
        ban_dan_toc ''        - - - -
        """
    )


def test_services_that_nobody_used_and_of_how_many_units_that_is_not_known(province: Office) -> None:
    deliver(province)
    province.publish("2019-04")
    columns = (
        "service_level service_count with_dossier_count with_online_dossier_count without_dossier_count"
        " procedures_without_dossier units_without_data_count"
    )
    assert province.table("service_level_month", columns) == lines(
        """
        2  1 1 0 0  none  3
        3  3 3 2 0  none  3
        4  1 1 1 0  none  3
        """
    )
    province.deliver_nothing("2019-03")
    province.publish("2019-03")
    assert province.table("service_level_month", columns, period="2019-03") == lines(
        """
        2  2 1 0 1  1.000001  1
        3  3 1 1 2  1.000178,1.000999  1
        4  1 0 0 1  1.000004  1
        """
    )
