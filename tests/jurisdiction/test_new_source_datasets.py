"""`onestop sources new --dataset`: what is proposed of form 06a, of catalogues, statements and registers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
import xlsxwriter
from typer.testing import CliRunner

from example_province.dossiers import Province
from example_province.months import PERIODS
from example_province.statements import STATEMENTS, Statement
from onestop.cli import app
from onestop.jurisdiction import Jurisdiction, load_jurisdiction, load_sources
from onestop.jurisdiction.datasets import DATASETS, DatasetName
from onestop.proposing import Proposal, propose, source_yaml
from onestop.proposing.fields import TODO
from onestop.proposing.taking import sample_of_source
from onestop.proposing.words import FOLDER, key_of, words
from onestop.reading.refusal import catalogue
from onestop.reading.sampling import take_sample
from onestop.sources import SourceAccess
from tests.sources.servers import TOKEN, web_service

MARCH = PERIODS[3]
BY_SOURCE = {statement.source: statement for statement in STATEMENTS}
PEOPLE = [f"NGUYEN VAN TEN{number}" for number in range(30)]


def sample_of(province: Province, statement: Statement, folder: Path) -> Path:
    """What a source delivers for March 2019, as a file."""
    path = folder / statement.path(Path(), MARCH).name
    statement.write(path, province, MARCH)
    return path


def proposed(
    folder: Path, jurisdiction: Jurisdiction, dataset: DatasetName, lines: Sequence[str], *, units: Sequence[str]
) -> tuple[Proposal, str]:
    """The proposal of a small file, and the file that is written of it."""
    file = folder / "sample.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    proposal = propose(take_sample(file), jurisdiction, units, dataset)
    return proposal, source_yaml(proposal, {}, access={}, file=file, looked_at="a file")


@pytest.mark.parametrize("source_id", BY_SOURCE)
def test_what_is_proposed_is_what_stands_in_the_hand_written_source(
    province: Province, jurisdiction: Jurisdiction, tmp_path: Path, source_id: str
) -> None:
    source = jurisdiction.source(source_id)
    sample = take_sample(sample_of(province, BY_SOURCE[source_id], tmp_path))
    proposal = propose(sample, jurisdiction, source.units, source.dataset)
    assert proposal.fields == source.fields
    assert proposal.unknown_fields == ()
    assert proposal.numbers.name == source.number_format
    assert proposal.numbers.doubts == proposal.forms.doubts == ()
    for name, found in proposal.value_maps.items():
        by_hand = source.value_maps[name]  # type: ignore[literal-required]
        assert found.keys() <= by_hand.keys(), name
        assert {value: meaning for value, meaning in found.items() if meaning != TODO}.items() <= by_hand.items(), name
    # Whatever a source has to say of all of its records is asked.
    assert {name for name, found in source.value_maps.items() if "" in found} <= proposal.value_maps.keys()  # type: ignore[operator]


@pytest.mark.parametrize("source_id", BY_SOURCE)
def test_the_written_file_is_a_source_once_people_have_decided(
    folder_of_bac_giang: Path, province: Province, jurisdiction: Jurisdiction, tmp_path: Path, source_id: str
) -> None:
    by_hand = jurisdiction.source(source_id)
    sample = sample_of(province, BY_SOURCE[source_id], tmp_path)
    arguments = ["--title", "Nguồn", "--kind", "folder", "--access", "path=tep-{code}", "--state-as-of", "period_end"]
    arguments += ["--dataset", by_hand.dataset, "--sample", str(sample)]
    arguments += [part for unit in by_hand.units for part in ("--unit", unit)]
    result = CliRunner().invoke(app, ["sources", "new", source_id, *arguments])
    assert result.exit_code == 0, result.output

    path = folder_of_bac_giang / "sources" / f"{source_id}.yaml"
    decided, field = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        told = line.partition("  #")[0]
        if line.startswith("  ") and line.endswith(":"):
            field = line.strip(" :")
        if told.endswith(f": {TODO}"):
            value = told.strip().removesuffix(f": {TODO}").strip('"')
            told = told.replace(TODO, by_hand.value_maps[field][value])  # type: ignore[literal-required]
        decided.append(told)
    is_undecided = TODO in path.read_text(encoding="utf-8").split("access:")[1]
    assert (CliRunner().invoke(app, ["jurisdiction", "check"]).exit_code == 1) == is_undecided
    path.write_text("\n".join(decided), encoding="utf-8")
    checked = CliRunner().invoke(app, ["jurisdiction", "check"])
    assert checked.exit_code == 0, checked.output
    made = {source.id: source for source in load_sources(folder_of_bac_giang)}[source_id]
    assert (made.dataset, made.fields, made.number_format) == (by_hand.dataset, by_hand.fields, by_hand.number_format)


def test_the_registers_of_a_workbook_are_read_from_all_its_sheets_where_they_are_alike(
    province: Province, jurisdiction: Jurisdiction, tmp_path: Path
) -> None:
    path = sample_of(province, BY_SOURCE["so_theo_doi"], tmp_path)
    proposal = propose(take_sample(path), jurisdiction, ["van_phong_ubnd"], "register")
    assert proposal.sample.format["sheet"] == jurisdiction.source("so_theo_doi").format.sheet  # type: ignore[union-attr]
    assert len(proposal.value_maps["register"]) == 3
    with xlsxwriter.Workbook(tmp_path / "other.xlsx") as workbook:
        for name, header in (("Sổ", ["Số", "Nội dung"]), ("Ghi chú", ["Ngày", "Nội dung"])):
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, header)
            sheet.write_row(1, 0, ["1", "Việc"])
    other = take_sample(tmp_path / "other.xlsx")
    assert "sheet" not in other.format
    assert "only the sheet 'Sổ' was looked at" in other.notes[0]


# -- what is left to people -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "header", "asked"),
    [
        ("dossier", "Mã hồ sơ;Xem", "finished_at: TODO  # which column? Without it no dossier can be counted"),
        ("dossier", "Mã hồ sơ;Xem", "One of procedure_code and procedure_name is needed"),
        ("reported_total", "Đơn vị;Xem", "received_total: TODO  # which column? Without it no form 06a can be counted"),
        ("reported_total", "Xem;Khác", "unit: TODO  # which column? The source is that of several units"),
        ("procedure", "Mã TTHC;Xem", "service_level: TODO  # which column? Without it no procedure can be counted"),
        ("payment", "Số GD;Xem", "amount: TODO  # which column? Without it no payment can be counted"),
        ("payment", "Số GD;Xem", '"": TODO  # of which statement are all records of the source? agency, gateway, bank'),
        ("register", "Số;Xem", "title: TODO  # which column? Without it no entry can be counted"),
    ],
)
def test_what_is_needed_is_asked_in_the_words_of_the_dataset(
    jurisdiction: Jurisdiction, tmp_path: Path, dataset: DatasetName, header: str, asked: str
) -> None:
    _, written = proposed(
        tmp_path, jurisdiction, dataset, [header, "A1;a", "A2;b", "A3;c"], units=["so_y_te", "so_noi_vu"]
    )
    assert asked in written


def test_a_value_of_nothing_keeps_its_meaning_beside_a_map(jurisdiction: Jurisdiction, tmp_path: Path) -> None:
    """A source's own map stands instead of the contract's, in which a payment without a status was paid."""
    lines = [f"GD{n};{n}.000;0{n}/04/2019;{'' if n % 2 else 'Hoàn tiền'}" for n in range(1, 9)]
    proposal, _ = proposed(
        tmp_path, jurisdiction, "payment", ["Mã GD;Số tiền;Ngày GD;Trạng thái", *lines], units=["so_y_te"]
    )
    assert proposal.value_maps["payment_status"] == {"Hoàn tiền": "refunded", "": "paid"}
    assert proposal.numbers.name == "1.234,5"


def test_late_is_told_apart_by_the_number_of_the_column(jurisdiction: Jurisdiction, tmp_path: Path) -> None:
    header = "Đơn vị;Quá hạn (13);Giải quyết quá hạn (10);Tiếp nhận trực tuyến mức 2;Kỳ"
    lines = [header, "Sở Y tế;1;2;3;04/2019", "Tổng cộng;1;2;3;"]
    proposal, written = proposed(tmp_path, jurisdiction, "reported_total", lines, units=["so_y_te"])
    assert proposal.fields == {
        "unit": "Đơn vị", "period": "Kỳ", "resolved_late": "Giải quyết quá hạn (10)", "pending_overdue": "Quá hạn (13)",
    }  # fmt: skip
    assert proposal.other_columns == ("Tiếp nhận trực tuyến mức 2",)
    assert "Tổng cộng" not in written


def test_numbers_that_are_written_in_two_ways_are_told(jurisdiction: Jurisdiction, tmp_path: Path) -> None:
    lines = [f"GD{n};{f'{n}.000' if n % 3 else f'{n},000'};0{n}/04/2019" for n in range(1, 9)]
    proposal, _ = proposed(tmp_path, jurisdiction, "payment", ["Mã GD;Số tiền;Ngày GD", *lines], units=["so_y_te"])
    assert proposal.numbers.name == "1.234,5"
    assert "25% of the numbers are written in another way" in proposal.numbers.doubts[0]


# -- people -----------------------------------------------------------------------------------------------

FORMS = {
    "dossier": ("Mã hồ sơ;Trạng thái;Ngày tiếp nhận", "H{n};Đã trả kết quả;{day}/04/2019"),
    "reported_total": ("Tổng tiếp nhận (3);Tổng đã giải quyết (7)", "{n};{n}"),
    "procedure": ("Mã TTHC;Mức độ DVC", "1.{n:06};3"),
    "payment": ("Số giao dịch;Số tiền;Ngày giao dịch", "GD{n};150.000;{day}/04/2019"),
    "register": ("Số;Nội dung;Thời hạn", "A{n};Việc;{day}/04/2019"),
}
CODED = sorted(
    (name, field)
    for name, dataset in DATASETS.items()
    for field in dataset.fields
    if field in catalogue(name).codes or field in words(name).of_kind("unit")
)


@pytest.mark.parametrize("count", [30, 5])
@pytest.mark.parametrize(("dataset", "field"), CODED)
def test_no_names_of_people_are_written_where_codes_were_expected(
    jurisdiction: Jurisdiction, tmp_path: Path, dataset: DatasetName, field: str, count: int
) -> None:
    """Of few records it is not clear whether they repeat; of many it is, and the column is none of codes."""
    header, record = FORMS[dataset]
    column = min(words(dataset).fields[field])
    lines = [f"{record.format(n=n, day=f'{n % 9 + 1:02}')};{PEOPLE[n]}" for n in range(count)]
    _, written = proposed(tmp_path, jurisdiction, dataset, [f"{header};{column}", *lines], units=["so_y_te"])
    assert "NGUYEN" not in written


@pytest.mark.parametrize("dataset", DATASETS)
def test_no_personal_field_nor_one_that_names_who_did_it_has_its_values_written(
    jurisdiction: Jurisdiction, tmp_path: Path, dataset: DatasetName
) -> None:
    header, record = FORMS[dataset]
    personal = [*(min(words(dataset).fields[name]) for name in DATASETS[dataset].personal), *words(dataset).left_out]
    extra = [f"({column})" for column in personal if key_of(column) not in map(key_of, header.split(";"))]
    lines = [f"{record.format(n=n, day='05')};{';'.join([PEOPLE[n % 3]] * len(extra))}" for n in range(30)]
    proposal, written = proposed(
        tmp_path, jurisdiction, dataset, [";".join([header, *extra]), *lines], units=["so_y_te"]
    )
    assert set(words(dataset).left_out) & set(proposal.fields.values()) == set()
    assert "NGUYEN" not in written


def test_a_date_that_is_none_is_not_shown(jurisdiction: Jurisdiction, tmp_path: Path) -> None:
    lines = [f"H{n};{f'{n % 9 + 1:02}/04/2019' if n else PEOPLE[0]}" for n in range(20)]
    proposal, written = proposed(tmp_path, jurisdiction, "dossier", ["Mã hồ sơ;Ngày nhận", *lines], units=["so_y_te"])
    assert "such as 'xxxxxx xxx xxx0'" in proposal.forms.doubts[-1]
    assert "NGUYEN" not in written


def test_units_that_stand_once_each_are_known_by_the_roster(jurisdiction: Jurisdiction, tmp_path: Path) -> None:
    lines = [f"{unit.name_vi};5;5" for unit in jurisdiction.units[:20]]
    lines = ["Tên đơn vị;Tổng tiếp nhận;Đã giải quyết", *lines, "NGUYEN VAN A;1;1"]
    proposal, written = proposed(tmp_path, jurisdiction, "reported_total", lines, units=["so_y_te"])
    assert proposal.fields["unit"] == "Tên đơn vị"
    assert "NGUYEN" not in written
    assert "value_maps.unit: of the values that nobody knows 1 are not written here" in written


# -- words, and the command -------------------------------------------------------------------------------


def test_each_dataset_has_words_for_each_of_its_fields_and_codes() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(get_args(DatasetName))
    for name, dataset in DATASETS.items():
        known = words(name)
        assert set(known.fields) == set(dataset.mappable), name
        assert {field for fields in known.kinds.values() for field in fields} <= set(dataset.fields), name
        said = {*known.values, *known.questions, *known.look, *known.known_by_values}
        assert said <= set(dataset.fields), name
        for field in known.values:
            assert set(known.values[field]) <= set(catalogue(name).codes[field].values()), field
        together = [word for several in known.fields.values() for word in several] + list(known.left_out)
        assert [word for word in together if key_of(word) != word] == [], name
        # What some systems call by one word is a code in the one and a name in the other.
        assert {word for word in together if together.count(word) > 1} <= {"service name"}, name


@pytest.mark.usefixtures("folder_of_bac_giang")
@pytest.mark.parametrize("dataset", ["payments", "06a", ""])
def test_a_dataset_that_is_none_is_told_in_one_line(dataset: str) -> None:
    result = CliRunner().invoke(app, ["sources", "new", "moi", "--title", "Mới", "--dataset", dataset])
    assert result.exit_code == 1
    told = f"--dataset: {dataset!r} is none of dossier, reported_total, procedure, payment, register"
    assert result.output.strip() == told + (" (did you mean 'payment'?)" if dataset == "payments" else "")


def test_the_dataset_is_asked_for(folder_of_bac_giang: Path, province: Province, tmp_path: Path) -> None:
    sample = sample_of(province, BY_SOURCE["danh_muc_tthc"], tmp_path)
    answers = ["procedure", "Danh mục", "so_noi_vu", "folder", "danh-muc-{code}.csv", "", str(sample)]
    result = CliRunner().invoke(app, ["sources", "new", "danh_muc"], input="\n".join(answers) + "\n")
    assert result.exit_code == 0, result.output
    written = (folder_of_bac_giang / "sources" / "danh_muc.yaml").read_text(encoding="utf-8")
    assert "dataset: procedure\n" in written
    assert load_jurisdiction(str(folder_of_bac_giang)).source("danh_muc").fields["service_level"] == "Mức độ DVC"


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_sample_of_any_dataset_comes_from_the_source_itself(jurisdiction: Jurisdiction, dataset: DatasetName) -> None:
    answers = {
        "id": "moi", "units": ["so_y_te"], "dataset": dataset, "connection_id": "moi",
        "timezone": "Asia/Ho_Chi_Minh", "state_as_of": "pull",
    }  # fmt: skip
    needed = [names[0] for names in DATASETS[dataset].required]
    with web_service() as service:
        service.records = [{name: str(number) for name in needed} for number in range(1, 25)]
        sample = sample_of_source(
            answers,
            {"kind": "rest", "path": "/numbered", "paging": {"kind": "page_number", "parameter": "page"}},
            jurisdiction.period("2019-04"),
            SourceAccess(host=service.url, password=TOKEN),
            pulled_at=datetime(2019, 5, 3, 1, tzinfo=UTC),
        )
    assert set(needed) <= sample.columns.keys()


def test_entries_of_a_register_may_be_any_units(folder_of_bac_giang: Path) -> None:
    """A register's source is of the unit that keeps it; a payment's are of the units that were paid."""
    original = Path("include/jurisdictions/bac_giang/sources")
    path = folder_of_bac_giang / "sources" / "so_theo_doi.yaml"
    text = (original / "so_theo_doi.yaml").read_text(encoding="utf-8")
    path.write_text(f'{text}  unit: {{"Sở Thông tin": so_thong_tin_truyen_thong}}\n', encoding="utf-8")
    checked = CliRunner().invoke(app, ["jurisdiction", "check"])
    assert checked.exit_code == 0, checked.output
    path.write_text(f'{text}  unit: {{"Sở Thông tin": so_thong_tn}}\n', encoding="utf-8")
    checked = CliRunner().invoke(app, ["jurisdiction", "check"])
    assert checked.exit_code == 1
    assert "value_maps.unit: so_thong_tn" in checked.output


def test_a_payment_says_how_it_was_paid_or_its_source_does(folder_of_bac_giang: Path) -> None:
    """Every row without would be refused."""
    original = Path("include/jurisdictions/bac_giang/sources") / "sao_ke_ngan_hang.yaml"
    text = original.read_text(encoding="utf-8").replace('  payment_method: {"": bank_transfer}\n', "")
    (folder_of_bac_giang / "sources" / "sao_ke_ngan_hang.yaml").write_text(text, encoding="utf-8")
    checked = CliRunner().invoke(app, ["jurisdiction", "check"])
    assert checked.exit_code == 1
    assert "value_maps.payment_method: say what all records of the source are" in checked.output
