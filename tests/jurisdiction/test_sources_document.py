"""docs/sources.md, followed literally: every example is taken out of the document and collects a month from a real
server or file of its kind. A failure here means somebody follows the document and gets nowhere.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import boto3
import orjson
import pyarrow
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer
from pyarrow import parquet
from pydantic import SecretStr
from sqlalchemy import Engine, make_url, text

from onestop import contracts
from onestop.intake import Office, Officer, create_app
from onestop.jurisdiction import Jurisdiction, load_jurisdiction
from onestop.landing import Uploads
from onestop.pipeline import Pipeline
from onestop.settings import Settings
from onestop.sources import SourceAccess, try_source
from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import OWNER
from tests.reading.tables import ods, xls, xlsx
from tests.reading.test_legacy_fonts import typed
from tests.settling import all_settled
from tests.sources.hostile import running
from tests.sources.servers import LOGIN, PASSWORD, file_server

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = (REPOSITORY / "docs" / "sources.md").read_text(encoding="utf-8")
EXAMPLES = {found[1]: found[0] for found in re.findall(r"```yaml\n(.*?\nid: (\w+)\n.*?)```", DOCUMENT, re.DOTALL)}
CONNECTIONS = {
    found[0]: json.loads(found[1])
    for found in re.findall(r"\nconnection_id: (\w+)\n(?:(?!```yaml).)*?```json\n(.*?)```", DOCUMENT, re.DOTALL)
}
PULLED_AT = datetime(2019, 5, 3, 1, tzinfo=UTC)
# tests_slow/connectors follows the examples of MySQL and the mailbox with MariaDB and Dovecot; the drop page has a test
# of its own below. SQL Server and Oracle are nowhere: their drivers are documented, not installed.
NOT_ASKED = {"csdl_mysql", "csdl_sql_server", "csdl_oracle", "hop_thu", "nop_tep"}
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def at(day: int, hour: int) -> datetime:
    """A moment of April as a clock in Hanoi shows it."""
    return datetime(2019, 4, day, hour)  # noqa: DTZ001 - systems write wall-clock time


DOSSIERS = (  # code, procedure, channel, status, received, finished
    ("000.00.12.H02-190405-0001", "1.000045", "1", "10", at(5, 8), at(10, 16)),
    ("000.00.12.H02-190405-0002", "1.000045", "3", "10", at(6, 9), at(11, 9)),
    ("000.00.12.H02-190405-0003", "1.000045", "1", "4", at(8, 10), None),
)
COLUMNS = ("MaHoSo", "MaTTHC", "KenhThucHien", "TrangThaiHoSo", "NgayTiepNhan", "NgayKetThucXuLy")
WORDS = {"1": "Trực tiếp", "3": "Bưu chính", "10": "Đã trả kết quả", "4": "Đang xử lý"}
DAY, MINUTE, COMPACT, ISO = "%d/%m/%Y", "%d/%m/%Y %H:%M", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S"


def rows(form: str, words: Callable[[str], str] = str) -> list[list[str]]:
    """The dossiers as a system writes them."""
    return [
        [code, procedure, words(channel), words(status), f"{got:{form}}", f"{done:{form}}" if done else ""]
        for code, procedure, channel, status, got, done in DOSSIERS
    ]


def records(form: str, names: tuple[str, ...] = COLUMNS) -> list[dict[str, str]]:
    return [dict(zip(names, row, strict=True)) for row in rows(form)]


def in_words(code: str) -> str:
    return WORDS.get(code, code)


def lines(header: list[str], body: list[list[str]], delimiter: str = ";") -> str:
    return "".join(f"{delimiter.join(row)}\r\n" for row in [header, *body])


def mailed_workbook() -> bytes:
    """The attachment of the document's mail: two title rows above the header."""
    return xlsx({"Sheet1": [["Báo cáo"], ["Tháng 4"], list(COLUMNS), *rows(MINUTE)]})


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Jurisdiction:
    """Bắc Giang with the document's sources, and no other."""
    folder = tmp_path_factory.mktemp("documented") / "bac_giang"
    ours = REPOSITORY / "include" / "jurisdictions" / "bac_giang"
    shutil.copytree(ours, folder, ignore=shutil.ignore_patterns("sources"))
    (folder / "sources").mkdir()
    for name, content in EXAMPLES.items():
        (folder / "sources" / f"{name}.yaml").write_text(content, encoding="utf-8")
    return load_jurisdiction(folder)


@pytest.fixture(scope="module")
def pipeline(
    documented: Jurisdiction,
    administrator: Engine,
    warehouse_template: str,
    postgres_server: EmbeddedServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pipeline]:
    with administrator.connect() as connection:
        for name in ("documented", "agency"):
            command = f"create database {name} template {warehouse_template} owner {OWNER} strategy file_copy"
            connection.execute(text(command))
    settings = Settings(
        home=tmp_path_factory.mktemp("home"),
        warehouse_url=postgres_server.url("documented"),
        identity_key=SecretStr("a key for tests"),
    )
    pipeline = Pipeline(all_settled(documented), settings)
    pipeline.prepare()
    yield pipeline
    pipeline.engine.dispose()


def services() -> FastAPI:
    """The web services of the document."""
    app = FastAPI()

    @app.get("/api/v1/ho-so")
    def numbered(request: Request, trang: int, so_dong: int) -> Response:
        assert request.headers["authorization"] == f"Bearer {PASSWORD}"
        assert (request.query_params["tu_ngay"], request.query_params["den_ngay"]) == ("01/04/2019", "30/04/2019")
        items = records(MINUTE)[(trang - 1) * so_dong : trang * so_dong]
        return Response(orjson.dumps({"data": {"total": len(DOSSIERS), "items": items}}))

    @app.post("/oauth/token")
    async def token(request: Request) -> Response:
        assert "scope=hoso.read" in (await request.body()).decode()
        assert request.headers["authorization"].startswith("Basic ")
        return Response(orjson.dumps({"access_token": "a-token", "token_type": "Bearer"}))

    @app.get("/v2/ho-so")
    def changes(request: Request, bo_qua: int = 0, so_dong: int = 2) -> Response:
        assert request.headers["authorization"] == "Bearer a-token"
        assert request.query_params["ky"] == "2019-04"
        return Response(orjson.dumps({"ketQua": records(ISO)[bo_qua : bo_qua + so_dong]}))

    @app.get("/api/ho-so")
    def by_cursor(request: Request, ky: str, so_dong: int, con_tro: str = "") -> Response:
        assert (request.headers["x-api-key"], ky) == (PASSWORD, "2019-04")
        begin = int(con_tro.removeprefix("after-") or 0)
        page = {"duLieu": records(ISO)[begin : begin + so_dong]}
        if begin + so_dong < len(DOSSIERS):
            page["tiepTheo"] = f"after-{begin + so_dong}"
        return Response(orjson.dumps(page))

    @app.get("/ho-so")
    def by_link(request: Request, ky: str, sau: int = 0) -> Response:
        assert request.headers["authorization"].startswith("Basic ")
        following = f"/ho-so?ky={ky}&sau={sau + 1}" if sau + 1 < len(DOSSIERS) else None
        return Response(orjson.dumps({"results": records(ISO)[sau : sau + 1], "links": {"next": following}}))

    @app.get("/ho-so-moi")
    def by_header(request: Request, ky: str, trang: int = 1) -> Response:
        found = records(ISO)[(trang - 1) * 2 : trang * 2]
        headers = {"Link": f'<{request.url.path}?ky={ky}&trang={trang + 1}>; rel="next"'} if trang * 2 < 4 else {}
        return Response(orjson.dumps(found), headers=headers)

    @app.post("/DichVu/HoSo.asmx")
    async def soap(request: Request) -> Response:
        body = (await request.body()).decode()
        assert f"<taiKhoan>{LOGIN}</taiKhoan><matKhau>{PASSWORD}</matKhau>" in body
        asked = re.search(r"<trang>(\d+)</trang><soDong>(\d+)</soDong>", body)
        assert asked
        page, size = int(asked[1]), int(asked[2])
        found = records(COMPACT)[(page - 1) * size : page * size]
        inner = "".join(
            f"<HoSo>{''.join(f'<{name}>{value}</{name}>' for name, value in record.items())}</HoSo>" for record in found
        )
        envelope = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><TraCuuResponse>'
            f"<Tong>{len(DOSSIERS)}</Tong><DanhSach>{inner}</DanhSach></TraCuuResponse></s:Body></s:Envelope>"
        )
        return Response(envelope, media_type="text/xml")

    return app


def write_files(root: Path) -> None:
    """The files that the document's examples of formats name."""
    by_date = [
        (index, column, one[column]) for index, one in enumerate(DOSSIERS, 1) for column in (4, 5) if one[column]
    ]
    header = list(COLUMNS)
    undated = [row[:4] for row in rows(MINUTE)]
    titled = [["SỞ TÀI CHÍNH"], ["Tổng hợp hồ sơ"], header, *([*row[:2], *map(in_words, row[2:])] for row in undated)]
    dates = [("Tháng 4", index + 2, column, value) for index, column, value in by_date]
    (root / "Tong hop 201904.xlsx").write_bytes(xlsx({"Tháng 4": titled}, dates=dates))
    dates = [("Sheet1", index, column, value) for index, column, value in by_date]
    (root / "HS 201904.xls").write_bytes(xls({"Sheet1": [header, *undated]}, dates=dates))
    (root / "HS 201904.ods").write_bytes(ods({"S": [header, *rows(MINUTE)]}))
    (root / "hoso_201904_1.csv").write_text(lines(header, rows(DAY)), encoding="utf-8-sig")
    table = {
        **{name: [row[index] for row in rows(ISO)] for index, name in enumerate(COLUMNS[:4])},
        **{name: pyarrow.array([one[4 + index] for one in DOSSIERS]) for index, name in enumerate(COLUMNS[4:])},
    }
    parquet.write_table(pyarrow.table(table), root / "hoso_2019-04.parquet")
    channels, states = {"1": "TRUC_TIEP", "3": "BCCI"}, {"10": "DA_TRA", "4": "DANG_XU_LY"}
    items = [
        {
            "maHoSo": code, "thuTuc": {"ma": procedure}, "kenhTiepNhan": channels[channel], "trangThai": states[status],
            "thoiDiem": {"tiepNhan": got, "hoanThanh": done or None},
        }
        for code, procedure, channel, status, got, done in rows(ISO)
    ]  # fmt: skip
    (root / "ho-so-2019-04.json").write_bytes(orjson.dumps({"ky": "2019-04", "danhSach": items}))
    elements = "".join(
        f'<HoSo ma="{code}"><ThuTuc><Ma>{procedure}</Ma></ThuTuc><Kenh>{channel}</Kenh><TrangThai>{status}</TrangThai>'
        f"<NgayTiepNhan>{got}</NgayTiepNhan><NgayKetThuc>{done}</NgayKetThuc></HoSo>"
        for code, procedure, channel, status, got, done in rows(ISO)
    )
    (root / "hoso-2019-04.xml").write_text(f"<BaoCao><DanhSach>{elements}</DanhSach></BaoCao>", encoding="utf-8")
    names = ["Mã hồ sơ", "Mã thủ tục", "Hình thức nộp", "Trạng thái", "Ngày tiếp nhận", "Ngày giải quyết xong"]
    old = lines(names, rows(DAY, in_words))
    (root / "HS201904.csv").write_bytes(typed(old, "tcvn3").encode("cp1252"))


@pytest.fixture(scope="module")
def access(
    pipeline: Pipeline,  # noqa: ARG001 - makes the agency's database
    postgres_server: EmbeddedServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], SourceAccess]]:
    """The document's connections, led to the servers and folders of this test."""
    root = tmp_path_factory.mktemp("files")
    write_files(root)
    outbox = tmp_path_factory.mktemp("sftp") / "root" / "outbox"
    outbox.mkdir(parents=True)
    old = {"1": "TT", "3": "BC", "4": "4", "10": "10"}
    header = ["SO_HS", "MA_TT", "CACH_NOP", "TINH_TRANG", "NGAY_NHAN", "NGAY_XONG"]
    table = lines(header, rows(MINUTE, lambda code: old[code]))
    (outbox / "HS201904.CSV").write_bytes(table.encode("cp1258"))
    (outbox / "HS201904.XONG").touch()
    agency = engine(postgres_server.url("agency", OWNER))
    with agency.begin() as connection:
        connection.execute(
            text(
                "create table ho_so (ma_ho_so text, ma_tthc text, kenh text, trang_thai text, ngay_nhan timestamptz,"
                " ngay_xong timestamptz)"
            )
        )
        for row in rows(f"{ISO}+07:00"):
            values = {f"c{index}": value or None for index, value in enumerate(row)}
            connection.execute(text("insert into ho_so values (:c0, :c1, :c2, :c3, :c4, :c5)"), values)
    with contextlib.ExitStack() as stack:
        stack.callback(agency.dispose)
        port = stack.enter_context(running(services()))
        sftp = stack.enter_context(file_server(outbox.parent))
        store = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        store.start()
        stack.callback(store.stop)
        host, store_port = store.get_host_and_port()
        endpoint = f"http://{host}:{store_port}"
        bucket = boto3.resource(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=LOGIN,
            aws_secret_access_key=PASSWORD,
            region_name="us-east-1",
        ).Bucket("agency-bucket")
        bucket.create()
        content = b"".join(orjson.dumps(record) + b"\n" for record in records(ISO))
        bucket.put_object(Key="2019/ho-so-2019-04-a.ndjson", Body=content)
        url = make_url(agency.url.render_as_string(hide_password=False))

        def of(source_id: str) -> SourceAccess:
            said = dict(CONNECTIONS[source_id])
            extra = dict(said.pop("extra", {}))
            made = SourceAccess(**{key: value for key, value in said.items() if key != "conn_type"}, extra=extra)
            match said["conn_type"]:
                case "http":
                    login = LOGIN if made.login else None
                    return replace(made, schema="http", host="127.0.0.1", port=port, login=login, password=PASSWORD)
                case "sftp":
                    reached = {**extra, "host_key": sftp.host_key}
                    return replace(
                        made, host="127.0.0.1", port=sftp.port, login=LOGIN, password=PASSWORD, extra=reached
                    )
                case "aws":
                    options = {**extra["storage_options"], "endpoint_url": endpoint}
                    return replace(made, login=LOGIN, password=PASSWORD, extra={**extra, "storage_options": options})
                case "postgres":
                    server = url.host if url.host and "host" not in url.query else str(url.query["host"])
                    return replace(
                        made, host=server, port=url.port, login=url.username, password=url.password, schema=url.database
                    )
            return replace(made, extra={**extra, "root": str(root)})

        yield of


def test_the_document_has_an_example_of_every_kind_of_access_and_format(documented: Jurisdiction) -> None:
    sources = documented.sources
    assert {source.access.kind for source in sources} == {"rest", "sftp", "folder", "database", "mail", "upload"}
    kinds = {"csv", "xlsx", "xls", "ods", "json_records", "ndjson", "xml", "parquet"}
    assert {source.format.kind for source in sources} == kinds
    assert len(sources) == len(EXAMPLES) >= 22
    pagings = [getattr(source.access, "paging", None) for source in sources]
    kinds_of_paging = {(paging.kind, getattr(paging, "next_path", None) is None) for paging in pagings if paging}
    assert kinds_of_paging == {
        ("page_number", True),
        ("offset", True),
        ("cursor", True),
        ("next_link", False),
        ("next_link", True),
    }
    assert CONNECTIONS.keys() == EXAMPLES.keys() - {"nop_tep"}


@pytest.mark.parametrize("source_id", sorted(EXAMPLES.keys() - NOT_ASKED))
def test_the_example_answers_and_a_month_of_it_is_accepted_whole(
    pipeline: Pipeline, access: Callable[[str], SourceAccess], source_id: str
) -> None:
    collected(pipeline, source_id, access(source_id))


def collected(pipeline: Pipeline, source_id: str, reached: SourceAccess) -> None:
    """Collect April of a source and compare it with the dossiers."""
    source = pipeline.jurisdiction.source(source_id)
    assert try_source(source, reached, pipeline.jurisdiction.period("2019-04"))
    delivery_id = pipeline.pull(source_id, "2019-04", reached, pulled_at=PULLED_AT)
    assert pipeline.load(source_id, delivery_id).record_count == len(DOSSIERS)
    result = pipeline.check(source_id, delivery_id, "2019-04")
    assert (result.accepted_count, result.quarantined_count) == (len(DOSSIERS), 0)
    # Of versions: every example tells of the same dossiers, which are counted at one unit only.
    query = text(
        "select channel, status_code, received_at, finished_at from core.dossier_version"
        " where source_id = :id and known_to = 'infinity'"
    )
    with pipeline.engine.connect() as connection:
        found = sorted(connection.execute(query, {"id": source_id}).all(), key=lambda row: row.received_at)
    assert [(row.channel, row.status_code) for row in found] == [("direct", 10), ("post", 10), ("direct", 4)]
    hanoi = [row.received_at.astimezone(HANOI).replace(tzinfo=None) for row in found]
    with_times = any("H" in form or form in {"iso", "excel"} for form in source.timestamp_formats)
    assert hanoi == [one[4] if with_times else one[4].replace(hour=0) for one in DOSSIERS]


def test_what_an_officer_hands_in_on_the_drop_page_is_a_month(pipeline: Pipeline, tmp_path: Path) -> None:
    officer = Officer("motcua_gddt", frozenset({"User"}))
    uploads = Uploads(tmp_path / "uploads")
    office = Office(pipeline.engine, uploads, lambda: pipeline.jurisdiction, lambda: PULLED_AT)
    workbook = xlsx({"Sheet1": [list(COLUMNS), *rows(MINUTE)]})
    with TestClient(create_app(office, lambda: officer), headers={"Origin": "http://testserver"}) as page:
        seen = page.post("/sources/nop_tep/2019-04", files={"file": ("Tháng 4.xlsx", workbook)})
        assert "Tất cả 3 hồ sơ đều hợp lệ." in seen.text
        confirm = re.search(r'action="(/drafts/[0-9a-f]{32}/confirm)"', seen.text)
        assert confirm
        assert "đã được nộp" in page.post(confirm[1]).text
    collected(pipeline, "nop_tep", SourceAccess(extra={"root": str(uploads.root)}))


def test_the_workbook_of_a_mail_is_previewed(pipeline: Pipeline, tmp_path: Path) -> None:
    source = pipeline.jurisdiction.source("hop_thu")
    path = tmp_path / "hoso.xlsx"
    path.write_bytes(mailed_workbook())
    with pipeline.engine.connect() as connection:
        seen = contracts.preview(
            connection,
            source,
            pipeline.jurisdiction,
            pipeline.jurisdiction.period("2019-04"),
            path,
            observed_at=PULLED_AT,
        )
    assert (seen.record_count, seen.accepted_count, seen.refusals) == (len(DOSSIERS), len(DOSSIERS), ())


def test_the_command_of_the_first_step_is_one_that_there_is() -> None:
    from typer.testing import CliRunner

    from onestop.cli import app

    command = DOCUMENT.partition("```sh\n")[2].partition("```")[0]
    options = set(re.findall(r"--[a-z-]+", command))
    told = CliRunner().invoke(app, ["sources", "new", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    assert options
    assert [option for option in options if option not in told] == []


def test_a_source_that_the_documents_add_is_not_there_yet() -> None:
    """The command refuses a file that is there, and `jurisdiction check` an id that is a part of another."""
    there = [path.stem for path in (REPOSITORY / "include" / "jurisdictions" / "bac_giang" / "sources").glob("*.yaml")]
    documents = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    added = [
        name
        for document in documents
        for name in re.findall(r"onestop sources new ([a-z]\w*)", document.read_text(encoding="utf-8"))
    ]
    assert len(added) >= 3
    assert [(new, old) for new in added for old in there if new in old or old in new] == []
