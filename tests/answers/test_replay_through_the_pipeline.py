"""A month in the pipeline, corrected afterwards: a failure here means figures that count a row twice, or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from typer.testing import CliRunner

from onestop import publication
from onestop import settings as settings_module
from onestop.cli import app
from onestop.jurisdiction import load_jurisdiction
from onestop.pipeline import Pipeline
from onestop.publication.page import create_app
from onestop.reading import DeliveryRefused
from onestop.sources import SourceAccess
from onestop.warehouse import engine
from tests import province
from tests.settling import all_settled

LINES = [
    "a,b,c,d,e",
    *(f"000.00.12.H02-190402-000{n},1.000178,9,2019-04-02T08:00,2019-04-10T08:00" for n in range(1, 4)),
    "000.00.12.H02-190402-0009,1.000178,XONG,2019-04-02T08:00,2019-04-10T08:00",
]
MAP = "value_maps: {status: {'9': '9', XONG: '9'}}\ncontact: {role_vi: Một cửa, email: mot.cua@y-te.example}\n"


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    folder = tmp_path / "small"
    province.load(folder)
    contracts = folder / "contracts.yaml"
    contracts.write_text(contracts.read_text().replace("max_refused_row_share: 0.05", "max_refused_row_share: 0.5"))
    (tmp_path / "drops").mkdir()
    for name in ("warehouse_url", "owner_url", "bi_url", "landing_root", "answers_root", "data_docs_root"):
        monkeypatch.setenv(f"ONESTOP_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("ONESTOP_IDENTITY_KEY", "a key for tests")
    monkeypatch.setenv("ONESTOP_JURISDICTION", str(folder))
    monkeypatch.setenv("USER", "nguoi.van.hanh")
    settings_module.get_settings.cache_clear()
    yield folder
    settings_module.get_settings.cache_clear()


def collect(folder, period, lines):
    """Deliver a file for the source y_te and run the tasks of its group."""
    drops = folder.parent / "drops"
    (drops / f"{period}.csv").write_text("\n".join(lines) + "\n")
    steps = Pipeline(load_jurisdiction(folder), settings_module.get_settings(), run_id="test")
    steps.prepare()
    access = SourceAccess(extra={"path": str(drops), "root": str(drops)})
    steps = replace(steps, jurisdiction=all_settled(steps.jurisdiction))
    delivery_id = steps.pull("y_te", period, access, pulled_at=datetime(2019, 5, 3, tzinfo=UTC))
    steps.load("y_te", delivery_id)
    steps.check("y_te", delivery_id, period)
    return steps, delivery_id


def resolved(steps, kind="provisional"):
    """How many dossiers the figures of April count for the unit."""
    publication_id = steps.measure("2019-04", kind=kind, reason="test", requested_by="test")
    counted = text(
        "select sum(dossier_count) from mart.dossier_count_month"
        " where publication_id = :id and unit_code = 'so_y_te' and event = 'resolved' and period = '2019-04'"
    )
    with steps.engine.connect() as connection:
        return connection.execute(counted, {"id": publication_id}).scalar_one()


def run(*arguments):
    return CliRunner().invoke(app, ["deliveries", *arguments])


def test_a_corrected_map_is_replayed_and_its_rows_are_in_the_figures_once(folder):
    steps, delivery_id = collect(folder, "2019-04", LINES)
    assert resolved(steps) == 3
    shown = run("show", str(delivery_id))
    assert "status_unknown: 1 row(s), the first is record 4" in shown.output
    source = folder / "sources" / "y_te.yaml"
    source.write_text(source.read_text() + MAP)
    result = run("replay", "--source", "y_te", "--period", "2019-04")
    assert result.exit_code == 0, result.output
    assert (
        f"delivery {delivery_id}: accepted; 4 records, 4 accepted, 0 in quarantine; 1 row(s) taken now" in result.output
    )
    assert resolved(steps) == 4
    assert "0 row(s) taken now, 0 record(s) withdrawn" in run("replay", str(delivery_id)).output
    assert resolved(steps) == 4
    assert f"{delivery_id}  2019-04  y_te" in run("list", "--period", "2019-04", "--state", "accepted").output
    assert "replayed (inserted): status_unknown: 1 row(s)" in run("show", str(delivery_id)).output


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--period", "2019-13"), "'2019-13' is not a period"),
        (("--period", "2019-Q1"), "'2019-Q1' is a quarter"),
        (("--source", "y_tee"), "has no source 'y_tee'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_deliveries_of_what_there_is_not_are_no_empty_list(asked, told):
    result = run("list", *asked)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
    assert "No delivery." not in result.stderr
    assert (run("list", "--source", "y_te").exit_code, run("list", "--period", "2019-04").exit_code) == (0, 0)


def test_a_month_published_before_a_replay_is_still_recomputed_to_the_row(folder):
    lines = [*LINES, "000.00.12.H02-190402-0010,1.000178,XONG,hôm qua,2019-04-10T08:00"]
    steps, delivery_id = collect(folder, "2019-04", lines)
    resolved(steps, "official")
    source = folder / "sources" / "y_te.yaml"
    source.write_text(source.read_text() + MAP)
    run("replay", str(delivery_id))
    assert resolved(steps) == 4
    rules = text("select quarantined_by_rule from mart.quality_month where source_id = 'y_te' order by publication_id")
    with steps.engine.connect() as connection:
        before, after = connection.scalars(rules).all()
        assert before == {"status_unknown": 2, "date_unreadable": 1}
        assert after == {"status_unknown": 1, "date_unreadable": 1}, "a row that was taken since stays counted"
        for number in connection.scalars(text("select publication_id from ops.publication")).all():
            assert publication.rebuild(connection, number).differing == ()


def test_a_shrunk_month_waits_for_a_person_and_the_page_says_who_took_it(folder, settings):
    source = folder / "sources" / "y_te.yaml"
    source.write_text(source.read_text() + MAP)
    march = [f"000.00.12.H02-190302-{n:04},1.000178,9,2019-03-02T08:00,2019-03-10T08:00" for n in range(100)]
    collect(folder, "2019-03", ["a,b,c,d,e", *march])
    with pytest.raises(DeliveryRefused):
        collect(folder, "2019-04", LINES)
    refused = run("list", "--state", "rejected")
    delivery_id = refused.output.split()[0]
    assert run("accept", delivery_id, "--reason", " ").exit_code == 1
    accepted = run("accept", delivery_id, "--reason", "Phần mềm ngừng nửa tháng")
    assert "rejected → accepted; 4 records, 4 accepted" in accepted.output, accepted.output
    assert run("accept", delivery_id, "--reason", "lần nữa").exit_code == 1, "only a rejected one can be accepted"
    bi = engine(settings.bi_url)
    with bi.connect() as connection:
        seen = connection.execute(text("select rules, reason, accepted_by from bi.delivery_override")).one()
        mails = connection.execute(
            text(
                "select state, decided_by, mail_state from bi.delivery"
                " inner join bi.delivery_answer using (delivery_id, period) where period = '2019-04'"
            )
        ).one()
    assert seen == (["delivery_shrunk"], "Phần mềm ngừng nửa tháng", "nguoi.van.hanh")
    assert mails == ("accepted", "nguoi.van.hanh", "pending")
    bi.dispose()


def test_the_error_file_and_the_check_results_are_given_to_readers_of_the_page(folder, settings):
    _, delivery_id = collect(folder, "2019-04", LINES)
    bi = engine(settings.bi_url)
    client = TestClient(create_app(bi, jurisdiction=load_jurisdiction(folder)))
    csv = client.get(f"/deliveries/{delivery_id}/errors.csv")
    assert csv.status_code == 200
    assert "XONG" in csv.content.decode("utf-8-sig")
    workbook = client.get(f"/deliveries/{delivery_id}/errors.xlsx")
    assert workbook.content[:2] == b"PK"
    page = client.get(f"/deliveries/{delivery_id}/checks")
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    for path in ("999/errors.csv", f"{delivery_id}/errors.pdf", "x/checks", "..%2f..%2fkey/checks", "999/checks"):
        assert client.get(f"/deliveries/{path}").status_code in {404, 422}, path
    bi.dispose()
