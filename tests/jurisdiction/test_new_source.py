"""`onestop sources new`: what is proposed of each kind of delivery. A failure here means typing, or a guess."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from example_province.dirt import Delivery
from example_province.dossiers import Province
from example_province.files import write_file
from example_province.months import PERIODS
from example_province.systems import SYSTEMS, SYSTEMS_BY_SOURCE
from example_province.units import UNITS_BY_CODE
from onestop.cli import app
from onestop.jurisdiction import Jurisdiction, load_jurisdiction, load_sources
from onestop.proposing import Proposal, propose, source_yaml
from onestop.proposing.fields import TODO
from onestop.proposing.taking import sample_of_source
from onestop.reading.sampling import SampleUnreadable, take_sample
from onestop.sources import SourceAccess
from tests.another_jurisdiction.conftest import REQUESTS
from tests.another_jurisdiction.service_requests import write
from tests.sources.servers import TOKEN, web_service

# One system of each way to write dossiers, and of each form of file.
KINDS = tuple({(system.kind, id(system.dialect), system.form): system.source for system in reversed(SYSTEMS)}.values())
MARCH = PERIODS[3]
# What the words in a column do not say: codes of one office only. They are left as TODO.
OWN_CODES = {
    "one_stop": {"payment_method": {"1", "2", "3"}},
    "legacy_csv": {"applicant_type": {"KH"}, "payment_method": {"QG", "DP"}},
    "ho_so_thue": {
        "channel": {"Q", "E", "B"}, "applicant_type": {"CQ", "K"}, "payment_method": {"NPS", "LPS"},
    },
    "ho_so_dat_dai": {
        "channel": {"0", "1", "2"}, "applicant_type": {"1", "2", "3", "9"}, "payment_method": {"A", "B", "C"},
    },
    "ndjson": {"payment_method": {"QUOC_GIA"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def proposed(
    province: Province, jurisdiction: Jurisdiction, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Proposal]:
    folder = tmp_path_factory.mktemp("samples")

    @cache
    def of(source_id: str) -> Proposal:
        path = sample_of(province, source_id, folder)
        return propose(take_sample(path), jurisdiction, jurisdiction.source(source_id).units)

    return of


def sample_of(province: Province, source_id: str, folder: Path) -> Path:
    """What a source's system delivers for March 2019, as a file."""
    system, path = SYSTEMS_BY_SOURCE[source_id], folder / source_id
    delivery = Delivery(province, UNITS_BY_CODE[source_id], MARCH)
    objects = system.dialect.objects(delivery.records())
    if system.kind in {"sftp", "folder"}:
        write_file(path, system, delivery)
    elif system.kind == "database":
        path.write_bytes(b"\n".join(map(orjson.dumps, objects)))
    else:
        path.write_bytes(orjson.dumps({"tong": 1, "data": {"items": list(objects)}}))
    return path


@pytest.mark.parametrize("source_id", KINDS)
def test_the_proposed_fields_and_dates_are_those_of_the_hand_written_source(
    proposed: Callable[[str], Proposal], jurisdiction: Jurisdiction, source_id: str
) -> None:
    source, proposal = jurisdiction.source(source_id), proposed(source_id)
    assert proposal.fields == source.fields
    assert proposal.unknown_fields == ()
    assert proposal.other_columns == ()
    # A workbook's rare dates that were typed as text may not be in the month.
    assert set(proposal.forms.names) <= set(source.timestamp_formats)
    assert proposal.forms.names[0] == source.timestamp_formats[0]


@pytest.mark.parametrize("source_id", KINDS)
def test_the_proposed_format_reads_what_the_hand_written_one_reads(
    proposed: Callable[[str], Proposal], jurisdiction: Jurisdiction, source_id: str
) -> None:
    source, sample = jurisdiction.source(source_id), proposed(source_id).sample
    for name, value in sample.format.items():
        assert getattr(source.format, name) == value, name


@pytest.mark.parametrize("source_id", KINDS)
def test_values_are_mapped_as_by_hand_or_left_to_a_person(
    proposed: Callable[[str], Proposal], jurisdiction: Jurisdiction, source_id: str
) -> None:
    source, proposal = jurisdiction.source(source_id), proposed(source_id)
    system = SYSTEMS_BY_SOURCE[source_id]
    own = OWN_CODES.get(system.kind, OWN_CODES.get(system.form, {}))
    for name, found in proposal.value_maps.items():
        by_hand = dict(source.value_maps.get(name) or {})
        known = {value: meaning for value, meaning in found.items() if meaning != TODO}
        assert known.items() <= by_hand.items(), name
        if name != "unit":
            assert found.keys() - known.keys() <= own.get(name, set()), name


def test_a_service_request_export_is_understood(tmp_path: Path) -> None:
    city = load_jurisdiction("port_elsewhere")
    source = city.source("service_requests")
    proposal = propose(take_sample(write(tmp_path, "2025-11", REQUESTS)), city, source.units)
    assert proposal.fields == source.fields
    assert proposal.forms.names == source.timestamp_formats
    assert proposal.forms.doubts == ()
    assert set(proposal.other_columns) == {"Borough", "Notes"}
    for name in ("channel", "status"):
        by_hand = source.value_maps[name]  # type: ignore[literal-required]
        assert proposal.value_maps[name].items() <= by_hand.items()
    assert proposal.value_maps["unit"]["DPW"] == TODO


def test_days_that_could_be_months_are_told(tmp_path: Path) -> None:
    rows = [["so_hs", "ngay_nhan"], *([f"H{day}", f"0{day}/0{day + 1}/2019"] for day in range(1, 8))]
    with (tmp_path / "few.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    proposal = propose(take_sample(tmp_path / "few.csv"), load_jurisdiction("bac_giang"), ["so_y_te"])
    assert proposal.forms.names == ("dd/MM/yyyy",)
    assert "no value tells day and month apart" in proposal.forms.doubts[0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "header"),
        (b"just a sentence\n", "header"),
        (b'{"a": 1}\n{"b"', "JSON"),
        (b"<a><b>", "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a><b c="&e;"/></a>', "document type"),
        (b"PK\x03\x04 not a workbook", "bad"),
        (b"\x00\x01\x02\x03" * 100, "header"),
    ],
)
def test_what_holds_no_table_is_refused_in_a_sentence(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "sample").write_bytes(content)
    with pytest.raises(SampleUnreadable) as raised:
        take_sample(tmp_path / "sample")
    assert told in str(raised.value) or told == "bad"


# -- the command ------------------------------------------------------------------------------------------


def test_the_command_writes_a_file_that_is_refused_until_people_have_decided(
    folder_of_bac_giang: Path, province: Province, tmp_path: Path
) -> None:
    sample = sample_of(province, "son_dong", tmp_path)
    arguments = [
        "sources", "new", "son_dong", "--title", "Huyện Sơn Động", "--unit", "son_dong", "--kind", "sftp",
        "--access", "path=HS{code_compact}*.CSV", "--state-as-of", "period_end", "--expected-from", "2018-12-01",
        "--sample", str(sample),
    ]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    path = folder_of_bac_giang / "sources" / "son_dong.yaml"
    written = path.read_text(encoding="utf-8")
    assert written.startswith("# yaml-language-server: $schema=")
    assert "onestop jurisdiction check" in result.output
    assert "decide: line" in result.output

    refused = CliRunner().invoke(app, ["jurisdiction", "check"])
    assert refused.exit_code == 1
    assert "'TODO' is none of citizen, business, state_body, other" in refused.output

    decided = written.replace('"KH": TODO', '"KH": other').replace('"DP": TODO', '"DP": local_gateway')
    path.write_text(decided.replace('"QG": TODO', '"QG": national_gateway'), encoding="utf-8")
    checked = CliRunner().invoke(app, ["jurisdiction", "check"])
    assert checked.exit_code == 0, checked.output
    made = {source.id: source for source in load_sources(folder_of_bac_giang)}["son_dong"]
    by_hand = load_jurisdiction("bac_giang").source("son_dong")
    assert (made.fields, made.format, made.timestamp_formats) == (
        by_hand.fields, by_hand.format, by_hand.timestamp_formats,
    )  # fmt: skip
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 1
    assert "is there already" in again.output


def test_what_is_not_given_is_asked_for(folder_of_bac_giang: Path, province: Province, tmp_path: Path) -> None:
    sample = sample_of(province, "so_ngoai_vu", tmp_path)
    answers = ["", "Sở Ngoại vụ", "so_ngoai_vu", "folder", "ho-so-{code}*.json", "", str(sample)]
    result = CliRunner().invoke(app, ["sources", "new", "so_ngoai_vu"], input="\n".join(answers) + "\n")
    assert result.exit_code == 0, result.output
    assert "format: {kind: json_records, records_path: danhSach}" in (
        folder_of_bac_giang / "sources" / "so_ngoai_vu.yaml"
    ).read_text(encoding="utf-8")
    assert (
        "TODO"
        not in (folder_of_bac_giang / "sources" / "so_ngoai_vu.yaml")
        .read_text(encoding="utf-8")
        .split("access:")[1]
        .split("value_maps")[0]
    )


@pytest.mark.usefixtures("folder_of_bac_giang")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--unit", "so_khong_co"], "--unit: so_khong_co is not in units.csv"),
        (["--unit", "so_y_te", "--kind", "ftp"], "--kind: 'ftp' is none of rest, sftp, folder, database, mail, upload"),
        (["--unit", "so_y_te", "--kind", "folder", "--access", "path"], "--access path: expected KEY=VALUE"),
    ],
)
def test_wrong_answers_are_told_in_one_line(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(app, ["sources", "new", "moi", "--title", "Mới", *arguments])
    assert result.exit_code == 1
    assert result.output.strip() == told


def test_a_sample_comes_from_the_web_service_itself(jurisdiction: Jurisdiction) -> None:
    answers = {
        "id": "moi", "units": ["so_y_te"], "dataset": "dossier", "connection_id": "moi",
        "timezone": "Asia/Ho_Chi_Minh", "state_as_of": "pull",
    }  # fmt: skip
    with web_service() as service:
        service.records = [
            {"MaHoSo": f"H{n:03}", "TrangThaiHoSo": "9", "NgayTiepNhan": f"{n:02}/04/2019", "MaTTHC": "1.000178"}
            for n in range(1, 25)
        ]
        sample = sample_of_source(
            answers,
            {"kind": "rest", "path": "/numbered", "paging": {"kind": "page_number", "parameter": "page"}},
            jurisdiction.period("2019-04"),
            SourceAccess(host=service.url, password=TOKEN),
            pulled_at=datetime(2019, 5, 3, 1, tzinfo=UTC),
        )
    proposal = propose(sample, jurisdiction, ["so_y_te"])
    assert sample.records_path == "data.items"
    assert proposal.fields == {
        "dossier_code": "MaHoSo", "procedure_code": "MaTTHC", "status": "TrangThaiHoSo", "received_at": "NgayTiepNhan",
    }  # fmt: skip
    assert proposal.unknown_fields == ("finished_at",)


@pytest.mark.parametrize("column", ["Đơn vị", "Đối tượng", "Hình thức thanh toán", "Người xử lý"])
def test_no_names_of_people_are_written_into_the_file(jurisdiction: Jurisdiction, tmp_path: Path, column: str) -> None:
    """A column may be called as units or codes are, and hold who handed in."""
    file = tmp_path / "hoso.csv"
    lines = [f"000.00.12.H02-190405-{n:04};Đã trả kết quả;0{n % 9 + 1}/04/2019;NGUYEN VAN TEN{n}" for n in range(30)]
    file.write_text("\n".join([f"Mã hồ sơ;Trạng thái;Ngày tiếp nhận;{column}", *lines]), encoding="utf-8")
    proposal = propose(take_sample(file), jurisdiction, ["so_y_te"])
    assert column in proposal.other_columns
    assert "NGUYEN" not in source_yaml(proposal, {}, access={}, file=file, looked_at="a file")
