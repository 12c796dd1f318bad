"""The files of a publication. A failure means that what people take away differs from what they were shown."""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from onestop import publication
from tests.province import UNIT_TABLE, Province, direct, load, online

VIEWS = {
    "compliance_month",
    "compliance_ytd",
    "compliance_month_group",
    "compliance_ytd_group",
    "reporting_status_month",
    "procedure_month",
    "commune_month",
    "timeliness_month",
    "form_06a",
    "missed_online_month",
    "missed_online_procedure_month",
    "service_level_month",
    "service_unused_month",
    "payment_month",
    "reconciliation_month",
    "quality_month",
    "suspect_filing_month",
    "directive_month",
    "emulation_score",
    "emulation_score_part",
}
KEYS = (
    "metric_id", "register", "service_level", "unit_group", "unit_code", "body_name", "scope", "commune_code",
    "procedure_code", "comparison", "item", "source_id", "part_id",
)  # fmt: skip


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def package(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "datapackage.json").read_bytes())
    return content


def export(province: Province, publication_id: int) -> Path:
    with province.engine.begin() as connection:
        return Path(str(publication.export(connection, publication_id, province.exports_root)))


def test_every_view_is_a_file_with_the_rows_that_readers_see(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(2))
    province.deliver("yen_the", "2019-04", direct(2, commune="07243"), delivered_at="2019-05-20")
    province.publish("2019-04")
    folder = province.exports_root / "calendar" / "2019-04" / "revision-1"
    assert {path.name for path in folder.iterdir()} == {f"{view}.csv" for view in VIEWS} | {"datapackage.json"}
    for view in VIEWS:
        shown = province.rows(f"select * from bi.{view}")  # noqa: S608
        written = read(folder / f"{view}.csv")
        assert len(written) == len(shown)
        if not shown:  # no formula, no score
            continue
        assert list(written[0]) == list(shown[0])
        key = [name for name in KEYS if name in shown[0]]
        as_written = sorted(tuple(row[name] for name in key) for row in written)
        assert as_written == sorted(tuple("" if row[name] is None else str(row[name]) for name in key) for row in shown)
        assert len(set(as_written)) == len(as_written)


def test_a_value_is_written_as_it_is_and_no_data_as_nothing(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(2))
    province.publish("2019-04")
    rows = read(province.exports_root / "calendar" / "2019-04" / "revision-1" / "compliance_month.csv")
    by_unit = {row["unit_code"]: row for row in rows if (row["metric_id"], row["scope"]) == ("resolved_all", "total")}
    health, district = by_unit["so_y_te"], by_unit["tan_yen"]
    names = ("unit_name_vi", "is_official_metric", "numerator", "rate_percent", "target_operator", "gap_pp")
    assert [health[name] for name in names] == ["Sở Y tế", "true", "1", "33.3333", ">=", "3.3333"]
    assert [district[name] for name in names] == ["Huyện Tân Yên", "true", "", "", ">", ""]
    assert health["published_at"] == province.figures("compliance_month", "2019-04")["so_y_te"].published_at.isoformat()


def test_a_spreadsheet_reads_vietnamese_and_runs_no_formula(province: Province, tmp_path: Path) -> None:
    formulas = ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)")
    units = UNIT_TABLE + "".join(
        f'don_vi_{number},"{formula}",Unit,department,departments,,,{80 + number},2016-01-01,,\n'
        for number, formula in enumerate(formulas)
    )
    province.synchronise(load(tmp_path / "formulas", units))
    province.deliver("y_te", "2019-04", decision="rejected")
    province.deliver("tu_phap", "2019-04", direct(1))
    publication_id = province.publish("2019-04").publication_id
    for hidden in ("\t=1", "\r=1", "\n=1"):
        province.execute("update mart.reporting_status_month set detail = :detail", detail=hidden)
        path = export(province, publication_id) / "reporting_status_month.csv"
        rows = {row["unit_code"]: row for row in read(path)}
        assert rows["so_y_te"]["detail"] == f"'{hidden}"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfpublication_id,")
    assert [rows[f"don_vi_{number}"]["unit_name_vi"] for number in range(4)] == [f"'{text}" for text in formulas]
    assert rows["so_y_te"]["unit_name_vi"] == "Sở Y tế"


def test_the_descriptor_tells_size_digest_and_columns_of_each_file_and_whose_figures_they_are(
    province: Province,
) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(2))
    result = province.publish("2019-04")
    folder = province.exports_root / "calendar" / "2019-04" / "revision-1"
    described = package(folder)
    stored = province.stored(result.publication_id)
    assert {
        name: described[name] for name in ("publication_id", "period", "kind", "revision", "reason", "approver")
    } == {name: stored[name] for name in ("publication_id", "period", "kind", "revision", "reason", "approver")}
    assert described["content_hash"] == stored["content_hash"]
    assert described["as_of"] == stored["as_of"].isoformat()
    assert {resource["path"] for resource in described["resources"]} == {f"{view}.csv" for view in VIEWS}
    for resource in described["resources"]:
        path = folder / resource["path"]
        content = path.read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert list(fields) == path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
        assert all(" | " in field["description"] for field in fields.values())
    (described_status,) = [one for one in described["resources"] if one["path"] == "reporting_status_month.csv"]
    kinds = {field["name"]: field["type"] for field in described_status["schema"]["fields"]}
    assert kinds["published_at"] == "datetime"
    assert kinds["sources_expected"] == "integer"


def test_every_revision_has_its_own_folder_and_provisional_figures_have_one_that_follows_them(
    province: Province,
) -> None:
    for count in (1, 2):
        province.deliver("y_te", "2019-04", direct(count))
        province.publish("2019-04", "provisional")
        province.publish("2019-04")
    month = province.exports_root / "calendar" / "2019-04"
    assert {path.name for path in month.iterdir()} == {"revision-1", "revision-2", "provisional"}
    counts = {
        path.name: {row["denominator"] for row in read(next(path.glob("compliance_month*.csv")))} - {"", "0"}
        for path in month.iterdir()
    }
    assert counts == {"revision-1": {"1"}, "revision-2": {"2"}, "provisional": {"2"}}
    assert {path.name for path in (month / "provisional").iterdir()} == {
        "compliance_month_provisional.csv",
        "compliance_ytd_provisional.csv",
        "timeliness_month_provisional.csv",
        "form_06a_provisional.csv",
        "missed_online_month_provisional.csv",
        "datapackage.json",
    }


def test_provisional_files_are_not_written_again_once_official_figures_are_published(province: Province) -> None:
    """They would be empty: readers see nothing provisional of the month any more."""
    province.deliver("y_te", "2019-04", direct(1))
    provisional = province.publish("2019-04", "provisional").publication_id
    province.publish("2019-04")
    before = package(province.exports_root / "calendar" / "2019-04" / "provisional")
    with pytest.raises(publication.PublicationNotShownError):
        export(province, provisional)
    assert package(province.exports_root / "calendar" / "2019-04" / "provisional") == before


def test_writing_the_files_again_gives_the_same_bytes(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    publication_id = province.publish("2019-04").publication_id
    folder = province.exports_root / "calendar" / "2019-04" / "revision-1"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.write_bytes(b"spoilt")
    assert export(province, publication_id) == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_files_of_an_earlier_revision_are_never_touched_again(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    earlier = province.publish("2019-04").publication_id
    folder = province.exports_root / "calendar" / "2019-04" / "revision-1"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    province.deliver("y_te", "2019-04", direct(2))
    unpublished = province.build("2019-04")
    with pytest.raises(publication.PublicationNotShownError):
        export(province, unpublished)
    province.publish("2019-04")
    with pytest.raises(publication.PublicationNotShownError, match="only the latest official"):
        export(province, earlier)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_failed_export_publishes_nothing(province: Province, tmp_path: Path) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    publication_id = province.build("2019-04")
    province.check(publication_id)
    province.approve(publication_id)
    whole = province.exports_root
    province.exports_root = tmp_path / "a file"
    province.exports_root.write_text("where the folder should be")
    with pytest.raises(OSError, match="a file"):
        province.release(publication_id)
    assert province.stored(publication_id)["state"] == "approved"
    assert province.rows("select * from bi.compliance_month") == []
    province.exports_root = whole
    assert province.release(publication_id).revision == 1


def test_files_go_to_any_store_that_fsspec_knows(province: Province) -> None:
    from upath import UPath

    province.deliver("y_te", "2019-04", direct(1))
    publication_id = province.publish("2019-04").publication_id
    with province.engine.begin() as connection:
        folder = publication.export(connection, publication_id, "memory://exports")
    assert folder == UPath("memory://exports/calendar/2019-04/revision-1")
    local = province.exports_root / "calendar" / "2019-04" / "revision-1"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in local.iterdir()
    }
