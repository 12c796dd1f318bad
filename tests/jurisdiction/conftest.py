"""A small province to spoil: two units, one source, a file of everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from example_province.calibration import Calibration
from example_province.dossiers import Province
from onestop import settings as settings_module
from onestop.jurisdiction import JurisdictionError, load_jurisdiction

FILES = {
    "jurisdiction.yaml": "name: small\ntitle_vi: Nhỏ\ntitle_en: Small\ntexts:\n  page_url: https://page.example\n",
    "calendar.yaml": """\
timezone: Asia/Ho_Chi_Minh
holidays: VN
calendars:
  calendar:
    title_vi: Tháng
    title_en: Months
    first_day: 1
    months_before: 0
    due_days: 5
    closing_days: 15
    publication_days: 16
""",
    "contracts.yaml": """\
max_duplicate_share: 0.05
max_refused_row_share: 0.05
max_unknown_unit_share: 0.02
min_row_count_ratio: 0.2
max_row_count_ratio: 5
future_tolerance_hours: 24
earliest_received_on: 2010-01-01
""",
    "units.csv": """\
unit_code,name_vi,name_en,unit_type,unit_group,parent_unit_code,gso_code,roster_order,valid_from,valid_to,note
so_y_te,Sở Y tế,Department of Health,department,departments,,,10,2016-01-01,,
yen_the,Huyện Yên Thế,Yen The District,district,districts,,215,20,2016-01-01,2025-06-30,
""",
    "unit_successions.csv": "from_unit_code,to_unit_code,effective_on,kind\nyen_the,so_y_te,2025-07-01,merge\n",
    "communes.csv": """\
commune_code,name_vi,district_unit_code,valid_from,valid_to
07243,Xã Đồng Tiến,yen_the,2016-01-01,2024-12-31
""",
    "procedures.csv": """\
procedure_code,name_vi,field_vi,administrative_level,service_level,valid_from,valid_to
1.000178,"Khiếu nại,
lần đầu",Khiếu nại,Cấp tỉnh,2,2016-01-01,2019-02-28
1.000178,Khiếu nại,Khiếu nại,Cấp tỉnh,3,2019-03-01,
""",
    "targets.csv": """\
metric_id,unit_code,unit_type,operator,target_num,target_den,legal_basis,valid_from,valid_to
resolved_all,,department,>=,30,100,Công văn 1730,2019-01-01,
resolved_all,,district,>,30,100,Công văn 1730,2019-01-01,
""",
    "metrics.yaml": """\
metrics:
  - metric_id: resolved_all
    metric_version: 1
    name_vi: Đã giải quyết
    name_en: Resolved
    event: resolved
    denominator_scope: all
    online_levels: [3, 4]
    is_official: true
    definition_vi: Trực tuyến trên tổng số
    valid_from: 2016-01-01
""",
    "alerts.yaml": """\
rules:
  - id: zero_online
    title_vi: Chưa phát sinh
    title_en: None online
    kind: zero_online
    severity: critical
""",
    "routes.yaml": """\
routes:
  - id: office
    title_vi: Văn phòng
    recipients: [office@province.example]
    rules: [zero_online]
""",
    "sources/so_y_te.yaml": """\
id: so_y_te
title_vi: Sở Y tế
units: [so_y_te]
dataset: dossier
connection_id: so_y_te
timezone: Asia/Ho_Chi_Minh
state_as_of: period_end
expected_from: 2018-12-01
access:
  kind: rest
  path: /api/v1/ho-so
  query: {tu_ngay: "{starts_on:%d/%m/%Y}", den_ngay: "{last_day:%d/%m/%Y}"}
  paging: {kind: page_number, parameter: page}
  records_path: data.items
format: {kind: json_records}
fields:
  dossier_code: MaHoSo
  procedure_code: MaTTHC
  status: TrangThai
  received_at: NgayTiepNhan
  finished_at: NgayKetThuc
timestamp_formats: [dd/MM/yyyy HH:mm, iso]
value_maps:
  channel: {"1": direct, "": direct}
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "small"
    (root / "sources").mkdir(parents=True)
    for name, content in FILES.items():
        (root / name).write_text(content, encoding="utf-8")
    return root


@pytest.fixture
def problems(folder: Path) -> Callable[[], list[str]]:
    """What loading the folder complains of, as people read it."""

    def listed() -> list[str]:
        with pytest.raises(JurisdictionError) as raised:
            load_jurisdiction(folder)
        return [str(problem) for problem in raised.value.problems]

    return listed


@pytest.fixture(scope="module")
def province() -> Province:
    """The example province, an eighth of it."""
    return Province(Calibration(Fraction(1, 8)))


@pytest.fixture
def folder_of_bac_giang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example province with one of its sources only, chosen by the environment."""
    original, folder = Path(__file__).parents[2] / "include" / "jurisdictions" / "bac_giang", tmp_path / "bac_giang"
    shutil.copytree(original, folder)
    for path in (folder / "sources").iterdir():
        path.unlink()
    shutil.copyfile(original / "sources" / "so_y_te.yaml", folder / "sources" / "so_y_te.yaml")
    monkeypatch.setenv("ONESTOP_JURISDICTION", str(folder))
    settings_module.get_settings.cache_clear()
    yield folder
    settings_module.get_settings.cache_clear()
