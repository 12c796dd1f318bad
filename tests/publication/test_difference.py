"""What changed between two revisions. A failure means that a restatement would not say whom it touches."""

import pytest

from onestop import publication
from tests.province import Province, direct, online


def test_late_data_says_which_figures_changed_and_who_crossed_the_target(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(2), direct(7))
    province.deliver("tu_phap", "2019-04", online(3), direct(7))
    province.deliver("noi_vu", "2019-04", direct(7))
    old = province.publish("2019-04").publication_id
    province.deliver("y_te", "2019-04", online(2, name="late"))
    province.deliver("tu_phap", "2019-04", direct(1, name="late"))
    new = province.publish("2019-04").publication_id
    told = [
        (d.unit_code, d.old_numerator, d.old_denominator, d.new_numerator, d.new_denominator, d.crossed)
        for d in province.difference(old, new)
        if (d.span, d.metric_id) == ("ytd", "resolved_all")
    ]
    assert told == [("so_tu_phap", 3, 10, 3, 11, "no_longer_met"), ("so_y_te", 2, 9, 4, 11, "now_met")]
    back = {d.unit_code: d.crossed for d in province.difference(new, old) if d.metric_id == "resolved_all"}
    assert back == {"so_tu_phap": "now_met", "so_y_te": "no_longer_met"}


def test_every_unit_metric_and_span_that_changed_is_told_and_no_other(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(4))
    old = province.publish("2019-04").publication_id
    province.deliver("y_te", "2019-04", direct(1, None, status="in_process"))
    new = province.publish("2019-04").publication_id
    assert {(d.span, d.unit_code, d.scope, d.metric_id) for d in province.difference(old, new)} == {
        (span, "so_y_te", "total", metric_id)
        for span in ("month", "ytd")
        for metric_id in ("received_all", "received_eligible")
    }


def test_a_unit_that_had_no_data_is_told_as_having_had_none(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(4))
    old = province.publish("2019-04").publication_id
    province.deliver("yen_the", "2019-04")
    new = province.publish("2019-04").publication_id
    told = {d.scope: d for d in province.difference(old, new) if (d.span, d.metric_id) == ("month", "resolved_all")}
    assert told.keys() == {"total", "own", "communes"}
    total = told["total"]
    assert (total.unit_code, total.old_denominator, total.new_denominator) == ("yen_the", None, 0)
    assert (total.old_status, total.new_status, total.crossed) == ("no_data", "zero_online", None)


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ("update mart.compliance_month set rank = 2", ("rank",)),
        ("update mart.compliance_month set reporting_status = 'late'", ("reporting_status",)),
        (
            "update mart.compliance_month set direct_count = 0, post_count = direct_count",
            ("direct_count", "post_count"),
        ),
        ("update mart.compliance_month set target_num = 40", ("target_num",)),
        ("update mart.compliance_ytd set months_reported = 2", ("months_reported",)),
    ],
)
def test_a_revision_never_differs_without_the_difference_saying_in_what(
    province: Province, change: str, columns: tuple[str, ...]
) -> None:
    province.deliver("y_te", "2019-04", direct(4))
    old = province.publish("2019-04").publication_id
    new = province.build("2019-04")
    assert province.difference(old, new) == []
    province.execute(
        f"{change} where publication_id = :id and unit_code = 'so_y_te' and metric_id = 'resolved_all'", id=new
    )
    assert [(d.unit_code, d.changed_columns, d.crossed) for d in province.difference(old, new)] == [
        ("so_y_te", columns, None)
    ]


def test_a_unit_that_only_one_revision_has_is_told(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(4))
    old = province.publish("2019-04").publication_id
    new = province.build("2019-04")
    province.execute(
        "delete from mart.compliance_month"
        " where publication_id = :id and unit_code = 'so_y_te' and metric_id = 'resolved_all'",
        id=new,
    )
    (gone,) = province.difference(old, new)
    assert (gone.old_numerator, gone.new_numerator, gone.old_status, gone.new_status) == (4, None, "met", None)
    assert (gone.new_metric_version, gone.crossed) == (None, "no_longer_met")


def test_publications_without_figures_cannot_be_compared(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(4))
    first = province.publish("2019-04").publication_id
    province.publish("2019-04")
    unchanged = province.rows("select max(publication_id) as id from ops.publication")[0]["id"]
    with pytest.raises(publication.PublicationReplacedError, match=f"those of publication {first}"):
        province.difference(first, unchanged)
    replaced = province.build("2019-04")
    province.build("2019-04")
    with pytest.raises(publication.PublicationReplacedError, match="was replaced"):
        province.difference(first, replaced)
    with pytest.raises(publication.PublicationUnknownError):
        province.difference(first, 1730)
