"""Codes are looked up on the day of receipt. A failure counts a dossier at a level that was not there yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import text

from onestop import warehouse
from tests.contracts.conftest import Agency, row

UTC_ISO = {"timezone": "UTC", "timestamp_formats": ["iso"]}


def versions(agency: Agency, column: str) -> dict[str, object]:
    query = f"select dossier_code, {column} from core.dossier_version order by dossier_code"  # noqa: S608 - a test names it
    return {row.dossier_code: row[1] for row in agency.rows(query)}


def received(*moments: str, **changes: str) -> list[dict[str, str]]:
    """One dossier received at each moment, named after it."""
    later = {"submitted_at": "", "due_at": "", "returned_at": "", "finished_at": "", "status": "4", "channel": "1"}
    return [row(**{**later, "dossier_code": moment, "received_at": moment, **changes}) for moment in moments]


def reconfigured(agency: Agency, **update: Sequence[object]) -> None:
    agency.jurisdiction = agency.jurisdiction.model_copy(update={name: tuple(rows) for name, rows in update.items()})
    with agency.engine.begin() as connection:
        warehouse.synchronise(connection, agency.jurisdiction)


@pytest.mark.parametrize(
    ("settings", "before", "after"),
    [
        ({"timestamp_formats": ["dd/MM/yyyy HH:mm:ss"]}, "28/02/2019 23:59:59", "01/03/2019 00:00:00"),
        (UTC_ISO, "2019-02-28T16:59:59", "2019-02-28T17:00:00"),
        ({"timezone": "America/New_York", "timestamp_formats": ["iso"]}, "2019-02-28T11:59:59", "2019-02-28T12:00:00"),
        ({"timestamp_formats": ["iso"]}, "2019-02-28T16:59:59+00:00", "2019-02-28T17:00:00+00:00"),
    ],
)
def test_a_level_changes_at_midnight_of_the_province_to_the_second_wherever_the_source_writes_from(
    agency: Agency, settings: dict[str, object], before: str, after: str
) -> None:
    agency.settings = settings
    agency.take(received(before, after, procedure_code="1.000005"))
    assert versions(agency, "service_level") == {before: 2, after: 3}


def test_a_unit_that_ended_takes_no_dossier_after_its_last_second(agency: Agency) -> None:
    units = [
        unit.model_copy(update={"valid_to": date(2019, 4, 11)}) if unit.unit_code == "so_y_te" else unit
        for unit in agency.jurisdiction.units
    ]
    reconfigured(agency, units=units)
    agency.settings = UTC_ISO
    agency.take(received("2019-04-10T16:59:59", "2019-04-10T17:00:00"))
    assert list(versions(agency, "owner_unit_code")) == ["2019-04-10T16:59:59"]
    (refused,) = agency.rows("select reasons from quarantine.row")
    assert [reason["rule"] for reason in refused.reasons] == ["unit_unknown"]


def test_a_unit_is_known_by_each_of_its_names(agency: Agency) -> None:
    units = []
    for unit in agency.jurisdiction.units:
        if unit.unit_code == "so_y_te":
            units.append(unit.model_copy(update={"valid_to": date(2019, 4, 10)}))
            units.append(unit.model_copy(update={"valid_from": date(2019, 4, 10), "name_vi": "Sở Y tế và Dân số"}))
        else:
            units.append(unit)
    reconfigured(agency, units=units)
    names = ("Sở Y tế", "Sở Y tế và Dân số")
    agency.take(
        [row(dossier_code=f"{name} {day}", unit=name, received_at=f"{day}/04/2019 08:00", submitted_at="",
             finished_at="20/04/2019 08:00", returned_at="", due_at="")
         for name in names for day in ("09", "10")]
    )  # fmt: skip
    assert set(versions(agency, "owner_unit_code").values()) == {"so_y_te"}
    assert len(versions(agency, "owner_unit_code")) == 4


def test_a_commune_code_is_that_of_the_day_and_may_come_back_for_another_commune(agency: Agency) -> None:
    old, new = "Xã Nghĩa Hòa", "Xã Nghĩa Hưng Mới"
    left = [commune for commune in agency.jurisdiction.communes if commune.commune_code != "07378"]
    first = next(commune for commune in agency.jurisdiction.communes if commune.commune_code == "07378")
    ended = first.model_copy(update={"valid_to": date(2019, 4, 5)})
    reused = first.model_copy(update={"name_vi": new, "valid_from": date(2019, 4, 10), "valid_to": date(2020, 1, 1)})
    reconfigured(agency, communes=[*left, ended, reused])
    days = ("04/04/2019 23:59", "05/04/2019 00:00", "09/04/2019 23:59", "10/04/2019 00:00")
    lang_giang = {"unit": "lang_giang"}
    agency.take(received(*days, commune="07378", **lang_giang))
    assert list(versions(agency, "commune_code").values()) == ["07378", None, None, "07378"]
    by_name = received(days[0], days[3], commune=old, **lang_giang) + received(
        days[0], days[3], commune=new, **lang_giang
    )
    for number, one in enumerate(by_name):
        one["dossier_code"] = f"name-{number}"
    agency.take(by_name, "2019-05")
    named = agency.rows(
        "select commune_code from core.dossier_version where dossier_code like 'name-%' order by dossier_code"
    )
    assert [one.commune_code for one in named] == ["07378", None, None, "07378"]


def test_a_procedure_that_does_not_exist_yet_keeps_the_stated_level_and_is_warned_of(agency: Agency) -> None:
    procedures = [
        one.model_copy(update={"valid_from": date(2019, 4, 10)}) if one.procedure_code == "1.000045" else one
        for one in agency.jurisdiction.procedures
    ]
    reconfigured(agency, procedures=procedures)
    agency.take(received("09/04/2019 23:59", "10/04/2019 00:00", service_level="3"))
    assert list(versions(agency, "service_level").values()) == [3, 4]
    with agency.engine.connect() as connection:
        warned = connection.execute(
            text("select * from ops.expectation_result where expectation = 'procedure_unknown'")
        ).one()
    assert (warned.severity, warned.failing_count) == ("warn", 1)
    assert warned.expected == "Mã thủ tục có trong danh mục ngày tiếp nhận"
    assert warned.remedy_vi == "Sửa mã thủ tục hoặc cập nhật danh mục; tạm dùng mức độ do đơn vị khai."
