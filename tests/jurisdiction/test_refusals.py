"""What a wrong configuration is told. A failure here means an engineer looks for a mistake without line or remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from onestop.jurisdiction import JurisdictionError, load_jurisdiction, load_sources

Problems = Callable[[], list[str]]

SOURCE = "sources/so_y_te.yaml"
REFUSALS: dict[str, tuple[str, str, str, list[str]]] = {
    # -- keys and values of a source
    "a misspelt key": (
        SOURCE,
        "fields:",
        "feilds:",
        [f"{SOURCE}:1: the key 'fields' is missing", f"{SOURCE}:16: unknown key 'feilds' (did you mean 'fields'?)"],
    ),
    "a misspelt key inside": (
        SOURCE,
        "records_path:",
        "record_path:",
        [f"{SOURCE}:14: unknown key 'record_path' in access (did you mean 'records_path'?)"],
    ),
    "a misspelt key two levels down": (
        SOURCE,
        "parameter: page",
        "parameter: page, sise: 5",
        [f"{SOURCE}:13: unknown key 'sise' in access.paging (did you mean 'size'?)"],
    ),
    "an unknown field of a dossier": (
        SOURCE,
        "  status: TrangThai\n",
        "  status: TrangThai\n  finishd_at: Ngay\n",
        [f"{SOURCE}:20: unknown key 'finishd_at' in fields (did you mean 'finished_at'?)"],
    ),
    "a field without which nothing can be counted": (
        SOURCE,
        "  status: TrangThai\n",
        "",
        [f"{SOURCE}:16: fields: 'status' is missing; no dossier can be counted without it"],
    ),
    "no way to the procedure": (
        SOURCE,
        "  procedure_code: MaTTHC\n",
        "",
        [f"{SOURCE}:16: fields: one of procedure_code and procedure_name is needed"],
    ),
    "an unknown protocol": (
        SOURCE,
        "kind: rest",
        "kind: rset",
        [
            f"{SOURCE}:10: access.kind: 'rset' is none of rest, sftp, folder, database, mail, upload "
            "(did you mean 'rest'?)"
        ],
    ),
    "no protocol": (
        SOURCE,
        "  kind: rest\n",
        "",
        [f"{SOURCE}:9: the key 'kind' is missing in access"],
    ),
    "a date that does not exist": (
        SOURCE,
        "2018-12-01",
        "2018-02-30",
        [f"{SOURCE}:8: expected_from: '2018-02-30' is not a date; write an existing day as 2019-04-30"],
    ),
    "a year for a date": (
        SOURCE,
        "2018-12-01",
        "2018",
        [f"{SOURCE}:8: expected_from: 2018 is not a date; write an existing day as 2019-04-30"],
    ),
    "an end before the begin": (
        SOURCE,
        "expected_from: 2018-12-01",
        "expected_from: 2018-12-01\nexpected_to: 2018-12-01",
        [f"{SOURCE}:9: expected_to: 2018-12-01 is not after 2018-12-01"],
    ),
    "a code without quotes": (
        SOURCE,
        '{"1": direct',
        "{1: direct",
        [f"{SOURCE}:24: value_maps.channel: the key 1 is not text; put it in quotes"],
    ),
    "an unknown meaning of a code": (
        SOURCE,
        '"1": direct',
        '"1": drect',
        [
            f"{SOURCE}:24: value_maps.channel.1: 'drect' is none of direct, online, post, internal "
            "(did you mean 'direct'?)"
        ],
    ),
    "a unit map that leads to another unit": (
        SOURCE,
        "value_maps:\n",
        "value_maps:\n  unit:\n    Yên Thế: yen_the\n",
        [f"{SOURCE}:25: value_maps.unit: yen_the is not one of the source's units"],
    ),
    "an unknown field of the period": (
        SOURCE,
        "{last_day:%d/%m/%Y}",
        "{lastday:%d/%m/%Y}",
        [
            f"{SOURCE}:12: access.query.den_ngay: '{{lastday:%d/%m/%Y}}': {{lastday}} is no field of a period: use "
            "code, code_compact, year, month, starts_on, ends_on, last_day, starts_at, ends_at"
        ],
    ),
    "a timestamp pattern of another language": (
        SOURCE,
        "dd/MM/yyyy HH:mm",
        "'%d/%m/%Y'",
        [
            f"{SOURCE}:22: timestamp_formats.0: '%d/%m/%Y': expected `iso`, `excel`, `excel_1904`, or a pattern of "
            "yyyy MM dd HH mm ss such as dd/MM/yyyy HH:mm"
        ],
    ),
    "an unknown encoding": (
        SOURCE,
        "{kind: json_records}",
        "{kind: json_records, encoding: cp1285}",
        [f"{SOURCE}:15: format.encoding: 'cp1285': not an encoding that Python knows, such as utf-8-sig or cp1258"],
    ),
    "an unknown timezone": (
        SOURCE,
        "Asia/Ho_Chi_Minh",
        "Asia/Hanoi",
        [
            f"{SOURCE}:6: timezone: 'Asia/Hanoi': not a timezone of the IANA database, such as Asia/Ho_Chi_Minh",
        ],
    ),
    "pages of something else than JSON": (
        SOURCE,
        "{kind: json_records}",
        "{kind: csv}",
        [f"{SOURCE}:15: format.kind: pages hold json_records, not csv"],
    ),
    "a required column that is no column": (
        SOURCE,
        "timestamp_formats:",
        "required_columns: [MaHoSO]\ntimestamp_formats:",
        [f"{SOURCE}:22: required_columns: 'MaHoSO' is no column of fields (did you mean 'MaHoSo'?)"],
    ),
    "an id that is not the file's name": (
        SOURCE,
        "id: so_y_te\n",
        "id: y_te\n",
        [f"{SOURCE}:1: id: 'y_te' is not the name of the file; rename it to y_te.yaml"],
    ),
    "an id with capitals": (
        SOURCE,
        "id: so_y_te\n",
        "id: So_Y_Te\n",
        [f"{SOURCE}:1: id: 'So_Y_Te' does not have the form ^[a-z][a-z0-9_]*$"],
    ),
    "a source of an unknown unit": (
        SOURCE,
        "units: [so_y_te]",
        "units: [so_y_t]",
        [f"{SOURCE}:3: units: so_y_t is no unit of units.csv (did you mean 'so_y_te'?)"],
    ),
    "several units, and no field that tells them apart": (
        SOURCE,
        "units: [so_y_te]",
        "units: [so_y_te, yen_the]",
        [f"{SOURCE}:16: fields: 'unit' is missing; the source is that of 2 units"],
    ),
    "broken YAML": (
        SOURCE,
        "units: [so_y_te]",
        "units: [so_y_te",
        [
            f"{SOURCE}:4: not YAML: expected ',' or ']', but got ':'; look at indentation, quotes and brackets "
            "up to here"
        ],
    ),
    "another indentation": (
        SOURCE,
        "  status: TrangThai\n",
        "   status: TrangThai\n",
        [
            f"{SOURCE}:19: not YAML: mapping values are not allowed here; look at indentation, quotes and brackets "
            "up to here"
        ],
    ),
    "a key twice": (
        SOURCE,
        "dataset: dossier\n",
        "dataset: dossier\ndataset: dossier\n",
        [f'{SOURCE}:5: not YAML: found duplicate key "dataset" with value "dossier" (original value: "dossier")'],
    ),
    # -- the roster and the catalogues
    "an impossible day in a CSV file": (
        "units.csv",
        "2025-06-30",
        "2025-06-31",
        ["units.csv:3: valid_to: '2025-06-31' is not a date; write an existing day as 2019-04-30"],
    ),
    "a Vietnamese date in a CSV file": (
        "communes.csv",
        "2016-01-01",
        "01/01/2016",
        ["communes.csv:2: valid_from: '01/01/2016' is not a date; write an existing day as 2019-04-30"],
    ),
    "an unknown column": (
        "communes.csv",
        "name_vi",
        "name",
        [
            "communes.csv:1: the column 'name_vi' is missing",
            "communes.csv:1: unknown column 'name' (did you mean 'name_vi'?)",
        ],
    ),
    "a comma without quotes": (
        "communes.csv",
        "Xã Đồng Tiến",
        "Xã Đồng Tiến, cũ",
        ["communes.csv:2: 6 cells where the header has 5; quote cells that hold a comma"],
    ),
    "a row that ends before it begins": (
        "communes.csv",
        "2024-12-31",
        "2015-12-31",
        ["communes.csv:2: ends on 2015-12-31, before it begins on 2016-01-01"],
    ),
    "two rows of a unit that overlap": (
        "units.csv",
        "yen_the,Huyện",
        "yen_the,Huyện cũ,Yen The District,district,districts,,215,20,2010-01-01,2016-01-01,\nyen_the,Huyện",
        [
            "units.csv:4: unit yen_the is valid from 2016-01-01 here, and from 2010-01-01 to 2016-01-01 in line 3: "
            "the two overlap; end the earlier row the day before this one begins"
        ],
    ),
    "two levels of a procedure on one day": (
        "procedures.csv",
        "2019-02-28",
        "2019-03-01",
        [
            "procedures.csv:4: procedure 1.000178 is valid from 2019-03-01 here, and from 2016-01-01 to 2019-03-01 in "
            "line 2: the two overlap; end the earlier row the day before this one begins"
        ],
    ),
    "two targets of one scope": (
        "targets.csv",
        "resolved_all,,district,>,30",
        "resolved_all,,district,>,40,100,Quyết định,2019-01-01,\nresolved_all,,district,>,30",
        [
            "targets.csv:4: target resolved_all district is valid from 2019-01-01 here, and from 2019-01-01 to open in "
            "line 3: the two overlap; end the earlier row the day before this one begins"
        ],
    ),
    "a unit of the wrong group": (
        "units.csv",
        "district,districts",
        "district,departments",
        ["units.csv:3: unit_group: a district belongs to districts, not to departments"],
    ),
    "two units in one place": (
        "units.csv",
        ",20,",
        ",10,",
        ["units.csv:3: roster_order: 10 is that of so_y_te, line 2"],
    ),
    "a place in the roster that no table holds": (
        "units.csv",
        ",10,2016",
        ",99999999999999,2016",
        ["units.csv:2: roster_order: input should be less than or equal to 2147483647, seen '99999999999999'"],
    ),
    "a code that no index takes": (
        "procedures.csv",
        '1.000178,"Khiếu nại',
        f'1.000178{"ư" * 100},"Khiếu nại',
        [
            f"procedures.csv:2: procedure_code: '1.000178{'ư' * 68}...: a code of 208 bytes; at most 200",
        ],
    ),
    "a character that nobody sees": (
        "units.csv",
        "Sở Y tế",
        "Sở Y\0 tế",
        ["units.csv:2: name_vi: the control character U+0000 stands after 'Sở Y'; take it out"],
    ),
    "a target that no table holds": (
        "targets.csv",
        "department,>=,30,100",
        "department,>=,30,9999999999",
        ["targets.csv:2: target_den: input should be less than or equal to 2147483647, seen '9999999999'"],
    ),
    "a due day beyond every calendar": (
        "calendar.yaml",
        "closing_days: 15",
        "closing_days: 999999999999",
        [
            "calendar.yaml:10: calendars.calendar.closing_days: input should be less than or equal to 366, seen "
            "999999999999"
        ],
    ),
    "an unknown parent": (
        "units.csv",
        "departments,,,10",
        "departments,yen_th,,10",
        ["units.csv:2: parent_unit_code: yen_th is no unit of units.csv (did you mean 'yen_the'?)"],
    ),
    "an unknown successor": (
        "unit_successions.csv",
        "yen_the,so_y_te",
        "yen_the,so_y_tee",
        ["unit_successions.csv:2: to_unit_code: so_y_tee is no unit of units.csv (did you mean 'so_y_te'?)"],
    ),
    "a commune in a department": (
        "communes.csv",
        "yen_the",
        "so_y_te",
        ["communes.csv:2: district_unit_code: so_y_te is no district of units.csv"],
    ),
    # -- targets and metrics
    "a target of an unknown unit": (
        "targets.csv",
        "resolved_all,,district,>",
        "resolved_all,yen_tha,,>",
        [
            "targets.csv:3: unit_code: yen_tha is no unit of units.csv (did you mean 'yen_the'?)",
            "units.csv:3: unit yen_the has no target of resolved_all from 2019-01-01 on; add a row for it, or for the "
            "type district, to targets.csv",
        ],
    ),
    "a target that ends while the unit goes on": (
        "targets.csv",
        "1730,2019-01-01,\nresolved_all,,district",
        "1730,2019-01-01,2019-12-31\nresolved_all,,district",
        [
            "units.csv:2: unit so_y_te has no target of resolved_all from 2020-01-01 on; add a row for it, or for the "
            "type department, to targets.csv"
        ],
    ),
    "a target of everything": (
        "targets.csv",
        "resolved_all,,district,>",
        "resolved_all,yen_the,district,>",
        ["targets.csv:3: a target is either of one unit (unit_code) or of every unit of a type (unit_type)"],
    ),
    "a target of an unknown metric": (
        "targets.csv",
        "resolved_all,,district,>",
        "resolved,,district,>",
        [
            "targets.csv:3: metric_id: resolved is not in metrics.yaml (did you mean 'resolved_all'?)",
            "units.csv:3: unit yen_the has no target of resolved_all from 2019-01-01 on; add a row for it, or for the "
            "type district, to targets.csv",
        ],
    ),
    "an operator that is none": (
        "targets.csv",
        "district,>,",
        "district,=>,",
        ["targets.csv:3: operator: '=>' is none of >=, > (did you mean '>'?)"],
    ),
    "no official metric": (
        "metrics.yaml",
        "is_official: true",
        "is_official: false",
        ["metrics.yaml:2: exactly one metric must be official (is_official) on 2016-01-01, seen none"],
    ),
    # -- calendar, rules, routes, texts
    "a month that closes before its deliveries are due": (
        "calendar.yaml",
        "closing_days: 15",
        "closing_days: 10",
        [
            "calendar.yaml:10: closing_days: 10 is too early: holidays may move the due day (5) by 10 days, so close "
            "at 15 or later"
        ],
    ),
    "no calendar by the usual name": (
        "calendar.yaml",
        "  calendar:\n",
        "  fiscal:\n",
        ["calendar.yaml:3: the calendar 'calendar' is missing in calendars"],
    ),
    "an unknown country of holidays": (
        "calendar.yaml",
        "holidays: VN",
        "holidays: XX",
        ["calendar.yaml:2: holidays: 'XX': not a country of the library holidays, such as VN"],
    ),
    "a share that is a percentage": (
        "contracts.yaml",
        "max_duplicate_share: 0.05",
        "max_duplicate_share: 5",
        ["contracts.yaml:1: max_duplicate_share: input should be less than or equal to 1, seen 5"],
    ),
    "a route of an unknown rule": (
        "routes.yaml",
        "[zero_online]",
        "[zero_onlin]",
        ["routes.yaml:5: rules: zero_onlin is not in alerts.yaml (did you mean 'zero_online'?)"],
    ),
    "a recipient that is no address": (
        "routes.yaml",
        "office@province.example",
        "office",
        [r"routes.yaml:4: recipients.0: 'office' does not have the form ^[^@\s,;<>]+@[^@\s,;<>]+$"],
    ),
    "a rule twice": (
        "alerts.yaml",
        "rules:\n",
        "rules:\n  - {id: zero_online, title_vi: a, title_en: b, kind: zero_online, severity: info}\n",
        ["alerts.yaml:3: id: 'zero_online' is in line 2 already"],
    ),
    "a list under another name": (
        "alerts.yaml",
        "rules:\n",
        "rule:\n",
        [
            "alerts.yaml:1: expected a list under the key 'rules'",
            "alerts.yaml:1: unknown key 'rule' (did you mean 'rules'?)",
        ],
    ),
}


@pytest.mark.parametrize("mistake", REFUSALS)
def test_a_mistake_is_told_with_its_line_and_remedy(folder: Path, problems: Problems, mistake: str) -> None:
    file, right, wrong, expected = REFUSALS[mistake]
    text = (folder / file).read_text(encoding="utf-8")
    assert right in text
    (folder / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    assert problems() == expected


def test_the_small_province_is_right_to_begin_with(folder: Path) -> None:
    assert [source.id for source in load_jurisdiction(folder).sources] == ["so_y_te"]


def test_all_mistakes_of_all_files_are_told_at_once(folder: Path, problems: Problems) -> None:
    for file, right, wrong in (
        ("units.csv", "2016-01-01", "2016-13-01"),
        ("calendar.yaml", "first_day: 1", "first_day: 31"),
        ("alerts.yaml", "severity: critical", "severity: severe"),
        (SOURCE, "dataset: dossier", "data: dossier"),
    ):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    (folder / "communes.csv").unlink()
    assert problems() == [
        "alerts.yaml:6: severity: 'severe' is none of info, warning, critical",
        "calendar.yaml:7: calendars.calendar.first_day: input should be less than or equal to 28, seen 31",
        "communes.csv:1: cannot be read: No such file or directory",
        f"{SOURCE}:1: the key 'dataset' is missing",
        f"{SOURCE}:4: unknown key 'data' (did you mean 'dataset'?)",
        "units.csv:2: valid_from: '2016-13-01' is not a date; write an existing day as 2019-04-30",
    ]


def test_source_ids_may_not_contain_one_another_nor_share_a_connection(folder: Path, problems: Problems) -> None:
    text = (folder / SOURCE).read_text(encoding="utf-8")
    (folder / "sources" / "so_y_te_2.yaml").write_text(text.replace("id: so_y_te\n", "id: so_y_te_2\n", 1))
    assert problems() == [
        f"{SOURCE}:1: id: 'so_y_te' is contained in 'so_y_te_2' (sources/so_y_te_2.yaml): `airflow tasks clear -t` of "
        "the one would clear both; choose ids that do not contain one another",
        "sources/so_y_te_2.yaml:5: connection_id: so_y_te is the connection of sources/so_y_te.yaml already; each "
        "source has its own",
    ]


def test_a_folder_without_sources_is_refused(folder: Path, problems: Problems) -> None:
    (folder / SOURCE).unlink()
    assert problems() == ["sources:1: no source: expected at least one file <id>.yaml"]


def test_a_file_in_another_encoding_is_refused_by_line(folder: Path, problems: Problems) -> None:
    text = (folder / "communes.csv").read_text(encoding="utf-8")
    (folder / "communes.csv").write_bytes(text.encode("cp1258", errors="replace"))
    assert problems() == ["communes.csv:2: not UTF-8; save the file in UTF-8"]


def test_a_byte_order_mark_is_no_mistake(folder: Path) -> None:
    text = (folder / "communes.csv").read_text(encoding="utf-8")
    (folder / "communes.csv").write_text(text, encoding="utf-8-sig")
    assert len(load_jurisdiction(folder).communes) == 1


def test_an_unknown_jurisdiction_is_told_with_those_there_are() -> None:
    told = r"neither one of include/jurisdictions \(bac_giang, port_elsewhere\) nor a folder"
    with pytest.raises(JurisdictionError, match=told):
        load_jurisdiction("ha_noi")


def test_sources_are_read_alone_when_other_files_are_wrong(folder: Path) -> None:
    (folder / "units.csv").write_text("nothing", encoding="utf-8")
    assert [source.id for source in load_sources(folder)] == ["so_y_te"]


def test_an_alias_of_nothing_and_one_of_two_things_are_told(folder, problems):
    (folder / "aliases.csv").write_text(
        "kind,alias,code,valid_from,valid_to\n"
        "unit,Sở YT,so_yte,2016-01-01,\n"
        "unit,SYT,so_y_te,2016-01-01,\n"
        "unit,syt,yen_the,2018-01-01,\n"
        "unit,---,yen_the,2018-01-01,\n",
        encoding="utf-8",
    )
    told = problems()
    assert told[0].startswith("aliases.csv:2: code: no unit 'so_yte'")
    assert told[1].startswith(
        "aliases.csv:4: alias unit syt is valid from 2018-01-01 here, and from 2016-01-01 to open"
    )
    assert told[2] == "aliases.csv:5: alias: no letter and no digit"
