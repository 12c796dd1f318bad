"""The month's table as a file. A failure means that a spreadsheet shows other figures, or runs what a name holds."""

import csv
import io
from decimal import Decimal

import pytest

from onestop.publication.page.figures import UnitFigures
from onestop.publication.page.table import compliance_csv, safe_text
from onestop.publication.page.texts import Wording
from tests.page.conftest import Site


def rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_file_holds_the_tables_figures_as_numbers_and_nothing_where_there_is_no_data(site: Site) -> None:
    response = site.get("/compliance.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="compliance-ytd-2019-04-revision-1.csv"'
    header, *units = rows(response.content)
    assert header[:4] == ["STT", "Mã đơn vị", "Đơn vị", "Nhóm"]
    assert units[0] == [
        "1", "so_y_te", "Sở Y tế", "Sở, ngành", "22", "3", "0", "0", "17", "2", "13.6364", ">=30", "-16.3636",
        "Chưa đạt", "3", "Đã nộp",
    ]  # fmt: skip
    by_unit = {unit[1]: unit for unit in units}
    assert by_unit["ban_dan_toc"][4:11] == [""] * 7
    assert by_unit["so_noi_vu"][10] == "0.0000"
    assert len(units) == 7


def test_the_file_follows_the_month_the_basis_and_the_language(site: Site) -> None:
    response = site.get("/compliance.csv?period=2019-03&basis=month&lang=en")
    assert 'filename="compliance-month-2019-03-revision-2.csv"' in response.headers["content-disposition"]
    _, health, *_ = rows(response.content)
    assert health[2:5] == ["Department of Health", "Departments", "10"]
    assert health[-1] == "Reported"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "＋", "－", "＠"])
def test_a_name_that_a_spreadsheet_would_run_is_made_text(start: str) -> None:
    name = f"{start}HYPERLINK(1)"
    assert safe_text(name) == f"'{name}"
    figures = UnitFigures(
        period="2019-04", unit_code=name, unit_name_vi=name, unit_name_en="", unit_group="departments", scope="total",
        metric_id="resolved_all", metric_version=1, numerator=1, denominator=4, online_level_3_count=1,
        online_level_4_count=0, online_other_count=0, direct_count=3, post_count=0, rate_percent=Decimal(25),
        target_operator=">=", target_percent=Decimal(30), gap_pp=Decimal(-5), status="not_met",
        reporting_status="reported", rank=1, months_reported=None, months_expected=None, online_needed_per_month=None,
        months_missed_in_a_row=1,
    )  # fmt: skip
    _, unit = rows(compliance_csv([figures], Wording("vi", "Asia/Ho_Chi_Minh")))
    assert unit[1] == unit[2] == f"'{name}"
    assert unit[12] == "-5.0000"  # a number stays a number


def test_an_ordinary_name_stays_as_it_is() -> None:
    assert safe_text("Sở Lao động - Thương binh và Xã hội") == "Sở Lao động - Thương binh và Xã hội"
