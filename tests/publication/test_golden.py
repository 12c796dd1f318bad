"""A month counted by hand, to the last figure. A failure means that what is published for equal data has changed.

If a change is meant, it is one of the metrics' definitions (a new version) or of the digest: say so in the note.
"""

import hashlib

from onestop.compliance import MARTS
from tests.province import Province, direct, online

# unit: numerator/denominator, level 3, level 4, other online, direct, post, rate, gap, status, reporting, rank, missed
APRIL = """
so_y_te      3/10   2 1 0 7 0  30.0000   0.0000  met          reported       2     0
so_tu_phap   2/10   2 0 1 7 0  20.0000 -10.0000  not_met      late           3     2
so_noi_vu    -/-    - - - - -  -         -       no_data      missing        -     -
cuc_thue     5/8    5 0 0 3 0  62.5000  32.5000  met          reported       1     0
yen_the      4/10   4 0 0 6 0  40.0000  10.0000  met          reported       1     0
tan_yen      0/0    0 0 0 0 0  -         -       zero_online  reported_zero  -     0
ban_dan_toc  -/-    - - - - -  -         -       no_data      not_expected   -     -
"""
# unit: numerator/denominator, rate, status, rank, months reported/expected, online dossiers needed a month
YEAR = """
so_y_te      3/10   30.0000  met          2  1/4  3
so_tu_phap   2/16   12.5000  not_met      3  2/4  3
so_noi_vu    -/-    -        no_data      -  0/4  -
cuc_thue     5/8    62.5000  met          1  1/4  3
yen_the      4/10   40.0000  met          1  1/4  3
tan_yen      0/0    -        zero_online  -  1/4  -
ban_dan_toc  -/-    -        no_data      -  0/0  -
"""
CONTENT_HASH = "415d874fc59b40db5c8f8e3411f720dc53bcbfdf858d2e071b4974dd084685ab"


def deliver_april(province: Province) -> None:
    march = {"received": "2019-03-01"}
    province.deliver("tu_phap", "2019-03", direct(6, "2019-03-20", **march))
    province.deliver("y_te", "2019-04", online(2), online(1, level=4), direct(7), direct(2, None, status="withdrawn"))
    province.deliver("tu_phap", "2019-04", online(2), online(1, level=2), direct(7), delivered_at="2019-05-20")
    province.deliver("thue_ho_so", "2019-04", online(5))
    province.deliver("thue_hoa_don", "2019-04", direct(3))
    province.deliver("yen_the", "2019-04", online(1), direct(2), online(3, commune="07243"), direct(4, commune="07243"))
    province.deliver("tan_yen", "2019-04")


def shown(value: object) -> str:
    return "-" if value is None else str(value)


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def test_the_month_is_the_one_counted_by_hand(province: Province) -> None:
    deliver_april(province)
    province.publish("2019-04")
    rows = sorted(province.figures("compliance_month", "2019-04").values(), key=lambda row: row.roster_order)
    columns = (
        "online_level_3_count", "online_level_4_count", "online_other_count", "direct_count", "post_count",
        "rate_percent", "gap_pp", "status", "reporting_status", "rank", "months_missed_in_a_row",
    )  # fmt: skip
    assert [
        [row.unit_code, f"{shown(row.numerator)}/{shown(row.denominator)}", *(shown(row[name]) for name in columns)]
        for row in rows
    ] == table(APRIL)


def test_the_year_to_date_is_the_one_counted_by_hand(province: Province) -> None:
    deliver_april(province)
    province.publish("2019-04")
    rows = sorted(province.figures("compliance_ytd", "2019-04").values(), key=lambda row: row.roster_order)
    assert [
        [
            row.unit_code,
            f"{shown(row.numerator)}/{shown(row.denominator)}",
            *(shown(row[name]) for name in ("rate_percent", "status", "rank")),
            f"{row.months_reported}/{row.months_expected}",
            shown(row.online_needed_per_month),
        ]
        for row in rows
    ] == table(YEAR)


def test_equal_data_has_the_same_digest_in_every_warehouse_and_version(province: Province) -> None:
    deliver_april(province)
    assert province.stored(province.publish("2019-04").publication_id)["content_hash"] == CONTENT_HASH


def test_the_digest_is_of_every_figure_ordered_by_bytes(province: Province) -> None:
    """Of each mart a digest of its rows, without what tells publications apart; of those digests, the digest."""
    deliver_april(province)
    publication_id = province.publish("2019-04").publication_id
    whole = ""
    for mart in MARTS:
        columns = province.rows(
            "select column_name from information_schema.columns where table_schema = 'mart' and table_name = :mart"
            " and column_name not in ('publication_id', 'period', 'unit_key') order by ordinal_position",
            mart=mart.name,
        )
        rows = province.rows(
            f"select row({', '.join(row.column_name for row in columns)})::text as written"  # noqa: S608
            f" from mart.{mart.name} where publication_id = :id",
            id=publication_id,
        )
        written = "\n".join(sorted((row.written for row in rows), key=str.encode))
        if mart.is_figure:
            whole += f"{mart.name} {hashlib.sha256(written.encode()).hexdigest()}\n"
    assert province.stored(publication_id)["content_hash"] == hashlib.sha256(whole.encode()).hexdigest()
