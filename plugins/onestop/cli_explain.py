"""`onestop explain`: a published figure, down to its dossiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from onestop.cli_output import (
    SCOPES,
    Json,
    Scope,
    print_json,
    print_table,
    share,
    warehouse_connection,
    wording,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onestop.publication import Explanation
    from onestop.publication.explanation import StatedTotals
    from onestop.publication.page.texts import Wording


def register(app: typer.Typer) -> None:
    """Add this command to `onestop`."""
    app.command("explain")(explain)


def explain(  # noqa: PLR0917 - typer names them
    unit: Annotated[str, typer.Argument(help="Code of the unit, such as so_y_te.")],
    period: Annotated[
        str, typer.Argument(help="The month, such as 2019-04; by another calendar administrative/2019-04.")
    ],
    metric: Annotated[str | None, typer.Argument(help="The metric; by default the official one.")] = None,
    scope: Annotated[Scope, typer.Option(help="The whole unit, its own desk, or its communes.")] = "total",
    ytd: Annotated[bool, typer.Option("--ytd", help="The year to date instead of the month.")] = False,
    revision: Annotated[int | None, typer.Option(help="This revision; by default the latest.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many dossiers to show.")] = 50,
    as_json: Json = False,
) -> None:
    """Explain a published figure down to its dossiers, as known at the publication's moment.

    Ends with 1 when the dossiers found are not the published figure.
    """
    from onestop import publication  # noqa: PLC0415

    with warehouse_connection() as connection:
        one = publication.find(connection, period if revision is None else f"{period}/{revision}")
        figure = publication.explain(
            connection, one.publication_id, unit, metric, scope=scope, span="ytd" if ytd else "month", limit=limit
        )
        words = wording(connection)
    if as_json:
        print_json({"comparison": figure.comparison, "is_equal": figure.is_equal, "figure": figure})
    else:
        _print_explanation(words, figure)
    if not figure.is_equal:
        raise typer.Exit(1)


def _recount(figure: Explanation) -> str:
    """Say what the published figure is held against."""
    if not figure.stated:
        return "Đếm lại hồ sơ"
    return "Cộng lại biểu 06a" if len(figure.stated) == len(figure.months) else "Đếm lại hồ sơ, cộng biểu 06a"


def _print_explanation(words: Wording, figure: Explanation) -> None:
    span = words.span(figure.period, figure.span)
    revision = f"lần {figure.revision}" if figure.revision else figure.kind
    met = {"met": "đạt", "no_target": "không có chỉ tiêu"}.get(figure.status, words.text(figure.status).lower())
    facts = [
        ("Chỉ số", f"{figure.metric_name_vi} ({figure.metric_id}, phiên bản {figure.metric_version})"),
        ("Định nghĩa", figure.definition_vi),
        ("Căn cứ", figure.legal_basis or "—"),
        ("Công bố", f"số {figure.publication_id}, {revision}; số liệu chốt lúc {words.moment(figure.as_of)}"),
        ("Tử số / mẫu số", share(words, figure.numerator, figure.denominator)),
        ("So với chỉ tiêu", f"{figure.comparison or '—'}: {met}"),
        (_recount(figure), _recounted(words, figure)),
    ]
    print_table(f"{figure.unit_name_vi}, {SCOPES[figure.scope]}. {span}", ("", ""), facts)
    print_table(
        "Tình trạng nộp số liệu",
        ("Tháng", "Tình trạng", "Nguồn còn thiếu", "Lý do"),
        [
            (m.month, words.text(m.reporting_status), ", ".join(m.sources_missing) or "—", m.detail_vi or "—")
            for m in figure.months
        ],
    )
    if figure.stated:
        _print_forms(words, figure.stated)
    print_table(
        "Các lần nhận số liệu của hồ sơ được tính",
        ("Số", "Nguồn", "Kỳ", "Lấy lúc", "Hồ sơ được tính", "SHA-256"),
        [
            (str(d.delivery_id), d.source_id, d.period, words.moment(d.pulled_at), words.count(d.dossier_count),
             d.sha256[:12])
            for d in figure.deliveries
        ],
        numbers=("Số", "Hồ sơ được tính"),
    )  # fmt: skip
    print_table(
        "Vì sao",
        ("Hồ sơ", "Lý do"),
        [(words.count(count), reason) for reason, count in figure.reasons.items()],
        numbers=("Hồ sơ",),
    )
    shown = figure.dossiers
    if shown:
        channels = {"online": "trực tuyến", "direct": "trực tiếp", "post": "bưu chính"}
        print_table(
            f"Hồ sơ ({len(shown)} trên {words.count(figure.dossier_count)}; --limit để xem thêm)",
            ("Mã hồ sơ", "Tháng", "Kênh", "Mức", "Tiếp nhận", "Kết thúc", "Tử", "Mẫu", "Lý do"),
            [
                (
                    d.dossier_code,
                    d.month,
                    channels[d.channel],
                    "—" if d.service_level is None else str(d.service_level),
                    words.date(d.received_at),
                    words.date(d.finished_at),
                    "1" if d.is_in_numerator else "0",
                    "1" if d.is_in_denominator else "0",
                    d.reason_vi,
                )
                for d in shown
            ],
        )


def _recounted(words: Wording, figure: Explanation) -> str:
    if figure.denominator is None and figure.is_equal:
        return "không có hồ sơ nào được tính; chưa có số liệu công bố, không phải là 0"
    recount = share(words, figure.counted_numerator, figure.counted_denominator)
    outcome = "đúng bằng số công bố" if figure.is_equal else "KHÁC số công bố"
    return f"{recount}: {outcome}" + ("; biểu 06a không nêu từng hồ sơ" if figure.stated else "")


_FORM = {
    "received_total": "3. Tiếp nhận",
    "received_online": "4. trong đó trực tuyến",
    "received_online_level_3": "mức độ 3",
    "received_online_level_4": "mức độ 4",
    "received_direct": "5. trực tiếp, bưu chính",
    "carried_over": "6. kỳ trước chuyển sang",
    "resolved_total": "7. Đã giải quyết",
    "resolved_online_level_3": "trong đó trực tuyến mức độ 3",
    "resolved_online_level_4": "trong đó trực tuyến mức độ 4",
}
"""The columns of form 06a that metrics read, with their numbers."""


def _print_forms(words: Wording, forms: Sequence[StatedTotals]) -> None:
    """Print what the agency states, a column a month: there are no dossiers to list."""
    months = [form.month for form in forms]
    rows = [
        ("Nguồn", *(form.source_id for form in forms)),
        ("Lần nhận số liệu", *(str(form.delivery_id) for form in forms)),
        *((label, *(words.count(getattr(form, name)) for form in forms)) for name, label in _FORM.items()),
    ]
    print_table("Biểu 06a do đơn vị tự báo cáo", ("Cột", *months), rows, numbers=months)
