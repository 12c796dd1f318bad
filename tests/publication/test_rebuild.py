"""Publications computed again. A failure means that a signed figure could no longer be shown to be right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from onestop import publication
from onestop.compliance import COUNTS, MARTS
from onestop.publication import Rebuild
from tests.province import SUCCESSION_HEADER, UNIT_TABLE, Province, direct, load, online, redefined
from tests.publication.test_golden import deliver_april

TABLES = """
select relnamespace::regnamespace || '.' || relname as name
from pg_class
where relnamespace::regnamespace::text in ('core', 'mart', 'ops') and relkind in ('r', 'p')
order by 1
"""


def contents(province: Province) -> dict[str, object]:
    """A digest of every table of the warehouse."""
    digest = "select md5(string_agg(md5(kept::text), '' order by md5(kept::text))) as digest from {} as kept"
    names = [row["name"] for row in province.rows(TABLES)]
    return {name: province.rows(digest.format(name))[0]["digest"] for name in names}


def rebuild(province: Province, publication_id: int) -> Rebuild:
    with province.engine.begin() as connection:
        return publication.rebuild(connection, publication_id)


def published_ids(province: Province) -> list[int]:
    rows = province.rows("select publication_id from ops.publication where state = 'published' order by 1")
    return [row["publication_id"] for row in rows]


def test_a_publication_matches_to_the_row_and_nothing_is_left_behind(province: Province) -> None:
    deliver_april(province)
    publication_id = province.publish("2019-04").publication_id
    before = contents(province)
    result = rebuild(province, publication_id)
    assert result.matches
    assert result.differing == ()
    assert result.rebuilt_hash == result.content_hash
    assert set(result.row_counts) == {*(mart.name for mart in MARTS), *COUNTS}
    assert result.row_counts["compliance_ytd"] == 4 * (7 + 2 * 2)
    assert contents(province) == before


def test_every_revision_matches_after_later_deliveries_corrections_and_decisions(province: Province) -> None:
    deliver_april(province)
    province.publish("2019-04")
    province.deliver("y_te", "2019-04", online(5, name="late"), direct(7, None, status="withdrawn"))
    province.publish("2019-04")
    province.deliver("noi_vu", "2019-04", decision="rejected")
    province.publish("2019-04")
    # Decided anew: what earlier moments knew stays what it was.
    province.execute("update ops.delivery set state = 'accepted', reasons = null where source_id = 'noi_vu'")
    province.execute("update ops.delivery set state = 'rejected', reasons = '[]' where source_id = 'tan_yen'")
    province.publish("2019-04")
    provisional = province.publish("2019-04", "provisional").publication_id
    ids = published_ids(province)
    assert len(ids) == 5
    assert provisional in ids
    assert [rebuild(province, number).differing for number in ids] == [()] * 5
    statuses = {
        row["publication_id"]: row["reporting_status"]
        for row in province.rows(
            "select * from bi.compliance_month_revision where unit_code = 'so_noi_vu' order by publication_id"
        )
    }
    assert list(statuses.values()) == ["missing", "missing", "rejected", "reported_zero"]


def test_it_matches_after_roster_targets_metrics_sources_and_calendar_have_changed(
    province: Province, tmp_path: Path
) -> None:
    deliver_april(province)
    first = province.publish("2019-04").publication_id
    folder = tmp_path / "same"
    load(folder)
    changed = {
        "units.csv": UNIT_TABLE.replace("so_tu_phap,Sở Tư pháp", "so_tu_phap,Sở Tư pháp và Hộ tịch")
        .replace("yen_the,Huyện Yên Thế", "yen_the,Thị xã Yên Thế")
        .replace(",30,2016-01-01,,", ",30,2016-01-01,2019-03-31,")
        + "don_vi_moi,Đơn vị mới,New unit,department,departments,,,80,2016-01-01,,\n",
        "targets.csv": (folder / "targets.csv").read_text().replace("30,100", "62,100"),
        "metrics.yaml": redefined((folder / "metrics.yaml").read_text()),
        "unit_successions.csv": SUCCESSION_HEADER + "so_noi_vu,,2019-04-01,abolition\n",
        "calendar.yaml": (folder / "calendar.yaml").read_text().replace("due_days: 5", "due_days: 1"),
    }
    province.synchronise(load(tmp_path / "other", changed=changed))
    second = province.publish("2019-04")
    assert second.is_new
    assert {change.unit_code for change in province.difference(first, second.publication_id)} > {"so_y_te", "cuc_thue"}
    for number in (first, second.publication_id):
        result = rebuild(province, number)
        assert result.differing == ()
        assert result.matches
    names = province.rows("select name_vi from core.unit where unit_code = 'yen_the'")
    assert [row["name_vi"] for row in names] == ["Thị xã Yên Thế"]


def test_what_was_published_before_dimensions_were_kept_is_rebuilt_from_the_configuration(
    province: Province, tmp_path: Path
) -> None:
    deliver_april(province)
    number = province.publish("2019-04").publication_id
    province.execute("update ops.publication set dimension_hash = null, marts = null")
    province.synchronise(load(tmp_path / "other", units=UNIT_TABLE.replace("tan_yen,Huyện", "tan_yen,Quận")))
    assert rebuild(province, number).matches


def test_a_figure_that_was_changed_is_found_with_both_values(province: Province) -> None:
    deliver_april(province)
    number = province.publish("2019-04").publication_id
    province.execute(
        "update mart.compliance_ytd set numerator = 9, rank = 1"
        " where unit_code = 'so_y_te' and scope = 'total' and metric_id = 'resolved_all'"
    )
    province.execute("delete from mart.compliance_month where unit_code = 'tan_yen' and metric_id = 'received_all'")
    result = rebuild(province, number)
    assert not result.matches
    by_mart = {(row.mart, row.key["unit_code"], row.key["scope"]): row for row in result.differing}
    assert set(by_mart) == {
        ("compliance_ytd", "so_y_te", "total"),
        *(("compliance_month", "tan_yen", scope) for scope in ("total", "own", "communes")),
    }
    changed = by_mart["compliance_ytd", "so_y_te", "total"]
    assert (changed.published, changed.rebuilt) == ({"numerator": 9, "rank": 1}, {"numerator": 3, "rank": 2})
    assert by_mart["compliance_month", "tan_yen", "own"].published is None
    assert result.is_by_other_rules is False


def test_dossiers_that_were_tampered_with_are_found(province: Province) -> None:
    deliver_april(province)
    number = province.publish("2019-04").publication_id
    province.execute("update core.dossier_version set channel = 'direct' where channel = 'online'")
    result = rebuild(province, number)
    found = {row.mart for row in result.differing}
    assert found >= {"compliance_month", "compliance_ytd", "dossier_count_month", "procedure_month"}
    assert "quality_month" not in found


@pytest.mark.parametrize("is_replaced", [True, False])
def test_what_keeps_no_rows_is_held_against_its_digest(province: Province, is_replaced: bool) -> None:
    deliver_april(province)
    if is_replaced:
        number = province.build("2019-04")
        province.build("2019-04")
    else:
        province.publish("2019-04")
        number = province.build("2019-04")
        province.check(number)
        province.approve(number)
        province.release(number)
    result = rebuild(province, number)
    assert (result.row_counts, result.matches) == ({}, True)
    province.execute("update ops.publication set content_hash = 'another' where publication_id = :id", id=number)
    assert not rebuild(province, number).matches


def test_an_unknown_publication_is_named(province: Province) -> None:
    with pytest.raises(publication.PublicationUnknownError, match="no publication 1730"):
        rebuild(province, 1730)


def test_rebuilds_at_once_with_publications_disturb_nobody(open_province: Province) -> None:
    open_province.deliver("y_te", "2019-04", online(1), direct(2))
    first = open_province.publish("2019-04").publication_id

    def publish_more(number: int) -> bool:
        open_province.deliver("y_te", "2019-04", online(2, name=f"more {number}"))
        return open_province.publish("2019-04").is_new

    with ThreadPoolExecutor(3) as pool:
        publishing = pool.submit(lambda: [publish_more(number) for number in range(3)])
        rebuilding = [pool.submit(rebuild, open_province, first) for _ in range(6)]
        assert publishing.result(60) == [True] * 3
        assert all(future.result(60).matches for future in rebuilding)
    with open_province.engine.begin() as connection:
        assert connection.scalar(text("select min(publication_id) from ops.publication")) == first
    assert all(rebuild(open_province, number).matches for number in published_ids(open_province))


@pytest.mark.parametrize("calendar", ["calendar", "administrative"])
def test_the_end_of_a_year_matches_with_its_quarter_and_year_in_either_calendar(
    province: Province, calendar: str
) -> None:
    for period in ("2019-11", "2019-12"):
        province.deliver("y_te", period, online(1, f"{period}-10", received="2019-10-01"))
    number = province.publish("2019-12", calendar=calendar).publication_id
    result = rebuild(province, number)
    assert result.matches
    assert result.row_counts["compliance_rollup"] == 2 * 4 * (7 + 2 * 2)
    province.execute("update mart.compliance_rollup set numerator = 9 where unit_code = 'so_y_te' and period = '2019'")
    changed = rebuild(province, number).differing
    assert {row.mart for row in changed} == {"compliance_rollup"}
