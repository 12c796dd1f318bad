"""Figures down to their dossiers. A failure means that a signed figure could not be shown to be these dossiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onestop import publication
from onestop.publication import Explanation
from tests.province import Dossiers, Province, direct, load, online, redefined
from tests.publication.test_golden import deliver_april

UNEQUAL = """
with figure as (
    select publication_id, 'month' as span, unit_code, scope, metric_id, numerator, denominator
    from mart.compliance_month
    union all
    select publication_id, 'ytd', unit_code, scope, metric_id, numerator, denominator from mart.compliance_ytd
),
counted as (
    select
        figure.*,
        coalesce(sum(explained.dossier_count) filter (where explained.is_in_numerator), 0) as counted_numerator,
        coalesce(sum(explained.dossier_count) filter (where explained.is_in_denominator), 0) as counted_denominator
    from figure
    left join mart.compliance_explained as explained
        on explained.publication_id = figure.publication_id
        and explained.unit_code = figure.unit_code
        and explained.metric_id = figure.metric_id
        and (figure.scope = 'total' or explained.desk = figure.scope)
        and (figure.span = 'ytd' or explained.month = explained.period)
    group by 1, 2, 3, 4, 5, 6, 7
)
select * from counted
where (coalesce(numerator, 0), coalesce(denominator, 0)) <> (counted_numerator, counted_denominator)
"""


def explain(
    province: Province, publication_id: int, unit: str, metric: str = "resolved_all", **more: Any
) -> Explanation:
    with province.engine.begin() as connection:
        return publication.explain(connection, publication_id, unit, metric, **more)


def deliver_a_year(province: Province) -> None:
    """Months that share dossiers, dossiers of every fate, months without data, old dossiers resolved late."""
    province.deliver("y_te", "2019-01", direct(3, None, received="2019-01-05", name="open", status="in_process"))
    province.deliver(
        "y_te",
        "2019-02",
        online(2, "2019-02-20", received="2018-11-30", name="old"),
        direct(1, "2019-03-01 00:00:00", received="2019-02-10", name="first of March"),
    )
    province.deliver("y_te", "2019-03", direct(2, "2019-03-31 23:59:59", received="2019-01-05", name="open"))
    province.deliver("tu_phap", "2019-02", online(4, "2019-02-03", received="2019-01-31", level=4))
    province.deliver("thue_ho_so", "2019-03", online(5, "2019-03-03", received="2019-03-01"))
    deliver_april(province)
    province.deliver(
        "y_te", "2019-04",
        online(1, None, status="not_accepted", name="refused"),
        direct(1, None, status="paused", name="paused"),
        online(2, level=None, name="unknown level"),
        Dossiers(2, "post"),
    )  # fmt: skip


def test_every_figure_of_every_publication_is_its_dossiers_whatever_came_later(
    province: Province, tmp_path: Path
) -> None:
    deliver_a_year(province)
    months = ("2019-01", "2019-02", "2019-03", "2019-04")
    for period in months:
        province.publish(period)
    assert province.rows(UNEQUAL) == []
    province.deliver("y_te", "2019-04", direct(9, "2019-04-10", name="late"), online(2, name="open"))
    province.deliver("thue_hoa_don", "2019-03", direct(9, "2019-03-09", received="2019-03-01"))
    folder = tmp_path / "same"
    load(folder)
    metrics = redefined((folder / "metrics.yaml").read_text())
    province.synchronise(load(tmp_path / "other", changed={"metrics.yaml": metrics}))
    assert all(province.publish(period).is_new for period in months[2:])
    assert province.rows(UNEQUAL) == []
    assert province.rows("select count(*) from mart.compliance_explained where is_in_denominator")[0]["count"] > 300


def test_what_was_finished_before_it_was_received_is_explained_in_the_month_of_its_receipt(province: Province) -> None:
    deliver_a_year(province)
    province.deliver(
        "y_te", "2019-04",
        direct(1, "2019-03-31 23:00:00", received="2019-04-01 00:00:00", name="early"),
        direct(1, "2019-01-31 23:00:00", received="2019-02-01 00:00:00", name="earlier"),
    )  # fmt: skip
    for period in ("2019-02", "2019-03", "2019-04"):
        province.publish(period)
    assert province.rows(UNEQUAL) == []
    rows = province.rows(
        "select month, dossier_code, reason from mart.compliance_explained"
        " where period = '2019-04' and metric_id = 'resolved_all' and dossier_code like 'earl%' order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("2019-01", "earlier-0", "resolved_in_another_month"),
        ("2019-02", "earlier-0", "direct"),
        ("2019-03", "early-0", "resolved_in_another_month"),
        ("2019-04", "early-0", "direct"),
    ]


def test_a_figure_says_its_definition_its_comparison_and_why_each_dossier_counts(province: Province) -> None:
    deliver_a_year(province)
    number = province.publish("2019-04").publication_id
    figure = explain(province, number, "so_y_te")
    assert (figure.numerator, figure.denominator, figure.is_equal) == (3, 14, True)
    assert figure.comparison == "3 × 100 = 300 < 30 × 14 = 420"
    assert "đã giải quyết trong kỳ" in figure.definition_vi
    assert figure.legal_basis
    assert figure.legal_basis.startswith("Công văn 1730")
    by_reason = {
        reason: sum(dossier.reason == reason for dossier in figure.dossiers)
        for reason in {dossier.reason for dossier in figure.dossiers}
    }
    assert by_reason == {
        "online": 3, "direct": 7, "post": 2, "online_below_level": 2, "withdrawn": 2, "not_accepted": 1,
        "not_resolved": 1,
    }  # fmt: skip
    assert [d.is_in_denominator for d in figure.dossiers] == [True] * 14 + [False] * 4
    deliveries = {delivery.delivery_id: delivery.dossier_count for delivery in figure.deliveries}
    assert sorted(deliveries.values()) == [4, 10]
    eligible = explain(province, number, "so_y_te", "received_eligible")
    assert {d.reason for d in eligible.dossiers if d.service_level is None} == {"not_eligible"}


def test_the_year_is_told_by_month_and_a_dossier_counts_in_one_of_them(province: Province) -> None:
    deliver_a_year(province)
    number = province.publish("2019-04").publication_id
    figure = explain(province, number, "so_y_te", span="ytd")
    assert figure.is_equal
    assert [month.reporting_status for month in figure.months] == ["reported"] * 4
    opened = [(d.month, d.reason) for d in figure.dossiers if d.dossier_code == "open-0"]
    assert opened == [("2019-03", "direct"), ("2019-01", "resolved_in_another_month")]


def test_a_month_without_data_says_so_and_counts_none_of_its_dossiers(province: Province) -> None:
    deliver_a_year(province)
    figure = explain(province, province.publish("2019-03").publication_id, "cuc_thue")
    assert (figure.numerator, figure.denominator, figure.status, figure.is_equal) == (None, None, "no_data", True)
    assert figure.comparison is None
    assert [(m.reporting_status, m.sources_missing) for m in figure.months] == [("missing", ("thue_hoa_don",))]
    assert {d.reason for d in figure.dossiers} == {"month_without_data"}


def test_a_dossier_too_much_or_too_little_is_told(province: Province) -> None:
    deliver_april(province)
    number = province.publish("2019-04").publication_id
    province.execute("delete from core.dossier_version where dossier_code like 'online-4-%'")
    figure = explain(province, number, "so_y_te")
    assert (figure.numerator, figure.counted_numerator, figure.is_equal) == (3, 2, False)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"unit": "so_moi"}, "no unit 'so_moi': it has ban_dan_toc"),
        ({"unit": "so_y_te", "metric": "share"}, "no metric 'share': it has received_all"),
        ({"unit": "so_y_te", "scope": "communes"}, "no scope 'communes' in publication .*: it has total"),
    ],
)
def test_a_figure_that_there_is_not_is_answered_with_those_there_are(
    province: Province, question: dict[str, Any], told: str
) -> None:
    deliver_april(province)
    number = province.publish("2019-04").publication_id
    with pytest.raises(publication.FigureUnknownError, match=told):
        explain(province, number, **question)


def test_bi_readers_see_the_dossiers_of_the_latest_revision_and_nothing_of_their_applicants(
    province: Province,
) -> None:
    deliver_april(province)
    province.publish("2019-04")
    province.deliver("y_te", "2019-04", online(2, name="late"))
    latest = province.publish("2019-04").publication_id
    rows = province.rows(
        "select * from bi.compliance_explanation"
        " where period = '2019-04' and unit_code = 'so_y_te' and metric_id = 'resolved_all' and month = period"
    )
    assert {row["publication_id"] for row in rows} == {latest}
    assert sum(row["is_in_numerator"] for row in rows) == 5
    assert set(rows[0]) & {"applicant_key", "applicant_type", "commune_code", "fee_amount"} == set()
