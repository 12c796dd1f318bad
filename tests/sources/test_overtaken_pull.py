"""Two pulls of one month that overlap. A failure means that the earlier one's state is signed, and stays."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from onestop import sources
from onestop.landing import register_delivery
from onestop.pipeline import Pipeline
from onestop.settings import Settings
from onestop.sources import SourceAccess
from tests import province
from tests.settling import settled

LINE = "000.00.12.H02-190402-0001,1.000178,{status},2019-04-02T08:00,{finished}"
IN_PROCESS = LINE.format(status=4, finished="")
RESOLVED = LINE.format(status=9, finished="2019-04-10T08:00")


def test_a_pull_registered_before_an_earlier_one_is_taken_for_the_last_once_its_bytes_come_again(
    tmp_path: Path, settings: Settings
) -> None:
    """Both show the end of the month, so that the number decides, and the earlier pull got the later one."""
    drops = tmp_path / "drops"
    drops.mkdir()
    small = province.load(tmp_path / "small")
    source = settled(small.source("y_te"))
    steps = Pipeline(small.model_copy(update={"sources": (source,)}), settings, run_id="test")
    steps.prepare()
    access = SourceAccess(extra={"path": str(drops), "root": str(drops)})

    def offer(line: str) -> None:
        (drops / "2019-04.csv").write_text(f"a,b,c,d,e\n{line}\n")

    def at(minute: int) -> datetime:
        return datetime(2019, 5, 3, 1, minute, tzinfo=UTC)

    def take(delivery_id: int) -> str:
        steps.load("y_te", delivery_id)
        steps.check("y_te", delivery_id, "2019-04")
        with steps.engine.connect() as connection:
            return str(connection.scalars(text("select status_group from core.dossier")).one())

    offer(IN_PROCESS)
    slow = sources.pull(source, steps.jurisdiction.period("2019-04"), access, steps.landing, pulled_at=at(0))
    offer(RESOLVED)
    quick = steps.pull("y_te", "2019-04", access, pulled_at=at(1))
    assert take(quick) == "resolved"
    with steps.engine.begin() as connection:
        late = register_delivery(connection, slow, None)
    assert take(late) == "in_process"

    again = steps.pull("y_te", "2019-04", access, pulled_at=at(2))
    assert take(again) == "resolved"
    assert again not in {quick, late}
    assert steps.pull("y_te", "2019-04", access, pulled_at=at(3)) == again
    with steps.engine.connect() as connection:
        outcomes = connection.scalars(text("select outcome from ops.pull_attempt order by attempted_at")).all()
    assert outcomes == ["landed", "landed", "unchanged"]
