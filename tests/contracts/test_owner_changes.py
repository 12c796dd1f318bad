"""A dossier that changes its owner, or has two. A failure counts it twice, or at the wrong unit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contracts.conftest import Agency, row

CODE = "000.00.12.H02-190405-0001"
NAMES = {"so_y_te": "Sở Y tế", "lang_giang": "Huyện Lạng Giang"}
COUNTED = "select owner_unit_code from core.dossier_as_of(clock_timestamp()) where dossier_code = :code order by 1"


def take(agency: Agency, day: int, *records: dict[str, str]) -> None:
    agency.pulled_at = datetime(2019, 5, day, tzinfo=UTC)
    agency.settings = {"state_as_of": "pull"}
    agency.take([*records, row(dossier_code="000.00.12.H02-190405-0002")])


def counted(agency: Agency) -> list[str]:
    return [one.owner_unit_code for one in agency.rows(COUNTED, code=CODE)]


@pytest.mark.parametrize(("first", "then"), [("so_y_te", "lang_giang"), ("lang_giang", "so_y_te")])
def test_a_dossier_whose_source_moves_it_to_another_unit_counts_there_and_there_only(
    agency: Agency, first: str, then: str
) -> None:
    """What was known before stays: figures as of then count it at the first owner."""
    take(agency, 2, row(dossier_code=CODE, unit=NAMES[first]))
    assert counted(agency) == [first]
    before = agency.one("select clock_timestamp() as moment").moment
    take(agency, 3, row(dossier_code=CODE, unit=NAMES[then]))
    assert counted(agency) == [then]
    as_of = "select owner_unit_code from core.dossier_as_of(:moment) where dossier_code = :code"
    assert [one.owner_unit_code for one in agency.rows(as_of, moment=before, code=CODE)] == [first]
    take(agency, 4, row(dossier_code=CODE, unit=NAMES[first]))
    assert counted(agency) == [first], "and back"


def test_a_dossier_that_two_units_report_counts_where_it_was_received_first(agency: Agency) -> None:
    take(
        agency, 2,
        row(dossier_code=CODE, unit=NAMES["lang_giang"], received_at="06/04/2019 08:00"),
        row(dossier_code=CODE, unit=NAMES["so_y_te"], received_at="05/04/2019 08:00"),
    )  # fmt: skip
    assert counted(agency) == ["so_y_te"]
    assert agency.rows("select owner_unit_code, counted_unit_code from core.dossier_elsewhere") == [
        ("lang_giang", "so_y_te")
    ]
