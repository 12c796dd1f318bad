"""`onestop publication …`: what was published, what changed and why, and what would change."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

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
from onestop.cli_problems import problems_told
from onestop.settings import get_settings

if TYPE_CHECKING:
    from onestop.publication import Difference, Finding, Listed, PlannedMonth, Rebuild
    from onestop.publication.page.texts import Wording

publication_commands = typer.Typer(no_args_is_help=True, help="What was published, and what would be.")

Reference = Annotated[
    str,
    typer.Argument(
        metavar="PUBLICATION",
        help="A number (17), a period (2019-04: its latest revision), 2019-04/2, 2019-04/provisional or 2019-04/built.",
    ),
]
_STATES = {
    "built": "đã lập",
    "approved": "đã duyệt",
    "published": "đã công bố",
    "refused": "bị chặn",
    "unchanged": "không thay đổi",
    "replaced": "đã thay thế",
}
_CROSSED = {"now_met": "nay đạt", "no_longer_met": "nay không đạt"}
_GROUPS = {"departments": "Sở, ngành", "districts": "Huyện, thành phố", "all": "Toàn tỉnh"}
_SPANS = {"month": "tháng", "ytd": "lũy kế", "quarter": "quý", "year": "năm"}


def register(app: typer.Typer) -> None:
    """Add these commands to `onestop`."""
    app.add_typer(publication_commands, name="publication")


@publication_commands.command("list")
def list_publications(
    period: Annotated[str | None, typer.Option(help="Only this month, such as 2019-04.")] = None,
    with_traces: Annotated[bool, typer.Option("--all", help="Those that keep no figures too.")] = False,
    as_json: Json = False,
) -> None:
    """List publications: period, revision, state, reason, approver, moment of the data, digests."""
    from onestop import publication  # noqa: PLC0415 - the library takes a second

    with warehouse_connection() as connection:
        there = publication.publications(connection, period, with_traces=with_traces)
        if as_json:
            print_json(there)
            return
        words = wording(connection)
    print_table(
        f"Các lần công bố ({len(there)})",
        ("Số", "Kỳ", "Lần", "Trạng thái", "Chốt số liệu", "Công bố", "Người duyệt", "Lý do", "Cấu hình", "Số liệu"),
        [
            (
                str(one.publication_id),
                one.period if one.calendar == "calendar" else f"{one.period} ({one.calendar})",
                _revision(one),
                _STATES[one.state] + (" (mới nhất)" if one.is_latest else ""),
                words.moment(one.as_of),
                words.moment(one.published_at),
                one.approver or "—",
                one.reason,
                one.configuration_hash[:12],
                (one.content_hash or "—")[:12],
            )
            for one in there
        ],
        numbers=("Số", "Lần"),
    )


@publication_commands.command("show")
def show(reference: Reference, as_json: Json = False) -> None:
    """Show one publication with its head figures and what its check found."""
    from onestop import publication  # noqa: PLC0415

    with warehouse_connection() as connection:
        one = publication.find(connection, reference)
        found = publication.findings(connection, one.publication_id)
        heads = publication.head_figures(connection, one.publication_id)
        if as_json:
            print_json({"publication": one, "head_figures": heads, "findings": found})
            return
        words = wording(connection)
    facts = {
        "Kỳ": one.period if one.calendar == "calendar" else f"{one.period} ({one.calendar})",
        "Lần": _revision(one),
        "Trạng thái": _STATES[one.state] + (" (mới nhất)" if one.is_latest else ""),
        "Lý do": one.reason,
        "Yêu cầu bởi": one.requested_by,
        "Người duyệt": one.approver or "—",
        "Chốt số liệu": words.moment(one.as_of),
        "Lập": words.moment(one.built_at),
        "Công bố": words.moment(one.published_at),
        "Mã băm cấu hình": one.configuration_hash,
        "Mã băm số liệu": one.content_hash or "—",
        "Lần chạy": one.run_id or "—",
    }
    if one.unchanged_from is not None:
        facts["Bằng lần công bố số"] = str(one.unchanged_from)
    print_table(f"Lần công bố số {one.publication_id}", ("", ""), list(facts.items()))
    if heads:
        columns = ("Lũy kế", "Đạt", "Chưa đạt", "Chưa phát sinh", "Chưa có số liệu", "Trực tuyến", "Tổng")
        print_table(
            "Chỉ số chính thức, lũy kế từ đầu năm",
            columns,
            [
                (
                    _GROUPS.get(head.unit_group, head.unit_group),
                    words.count(head.met_count),
                    words.count(head.not_met_count),
                    words.count(head.zero_online_count),
                    words.count(head.no_data_count),
                    words.count(head.numerator),
                    words.count(head.denominator),
                )
                for head in heads
            ],
            numbers=columns[1:],
        )
    _print_findings(found)


@publication_commands.command("diff")
def diff(
    new: Reference,
    old: Annotated[
        str | None, typer.Argument(help="The one to compare with; by default the revision before it.")
    ] = None,
    scope: Annotated[Scope | None, typer.Option(help="Only this scope.")] = None,
    metric: Annotated[str | None, typer.Option(help="Only this metric.")] = None,
    as_json: Json = False,
) -> None:
    """Compare two publications by unit and metric, and say who crossed the target.

    `onestop publication diff 2019-04/built` compares what is not published yet with what readers see.
    """
    from onestop import publication  # noqa: PLC0415

    with warehouse_connection() as connection:
        later = publication.find(connection, new)
        earlier = publication.find(connection, old) if old else publication.before(connection, later)
        changes = [
            change
            for change in publication.difference(connection, earlier.publication_id, later.publication_id)
            if scope in {None, change.scope} and metric in {None, change.metric_id}
        ]
        if as_json:
            print_json({"old": earlier, "new": later, "differences": changes})
            return
        names = publication.unit_names(connection, (earlier.publication_id, later.publication_id))
        words = wording(connection)
    typer.echo(f"{earlier.reference} (số {earlier.publication_id}) → {later.reference} (số {later.publication_id})")
    _print_differences(words, names, changes)


@publication_commands.command("rebuild")
def rebuild(
    references: Annotated[list[str] | None, typer.Argument(metavar="[PUBLICATION]…", help="As for `show`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every published one, newest first.")] = False,
    as_json: Json = False,
) -> None:
    """Compute publications again from what was known then, and compare to the row. Ends with 1 when one differs.

    With the dimensions of then: roster, targets, metric definitions, calendars. Nothing is left behind.
    """
    from onestop import publication  # noqa: PLC0415

    if bool(references) == every:
        raise typer.BadParameter("name publications, or --all of them")
    results = []
    with warehouse_connection() as connection:
        if every:
            chosen = [one for one in publication.publications(connection) if one.state == "published"]
        else:
            chosen = [publication.find(connection, reference) for reference in references or ()]
        for one in chosen:
            result = publication.rebuild(connection, one.publication_id)
            connection.rollback()
            results.append(result)
            if not as_json:
                _print_rebuild(one, result)
    if as_json:
        print_json([{"matches": result.matches, "result": result} for result in results])
    if not all(result.matches for result in results):
        raise typer.Exit(1)


@publication_commands.command("plan")
def plan(
    periods: Annotated[str, typer.Option(help="Months, such as 2019-01..2019-04 or 2019-01,2019-03.")],
    reason: Annotated[str, typer.Option(help="Why signed figures are to change; kept with every new revision.")],
    scope: Annotated[Scope | None, typer.Option(help="Show only this scope.")] = None,
    metric: Annotated[str | None, typer.Option(help="Show only this metric.")] = None,
    as_json: Json = False,
) -> None:
    """Preview a restatement: what would change if these months were published now with the configuration as it is.

    Nothing is left behind. Ends with 1 when a month could not be published. At the end stands the command that asks for
    it: the DAG restate_compliance shows this preview to the person who approves it, once for all months.
    """
    from onestop import publication  # noqa: PLC0415
    from onestop.jurisdiction import load_jurisdiction  # noqa: PLC0415

    try:
        reason = publication.reason_of(reason)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--reason") from error
    with problems_told():
        jurisdiction = load_jurisdiction(get_settings().jurisdiction)
        periods = publication.normalised_periods(jurisdiction, periods)
    with warehouse_connection() as connection:
        months = publication.preview(connection, jurisdiction, publication.periods_of(jurisdiction, periods))
        names = {unit.unit_code: unit.name_vi for unit in jurisdiction.units}
        if as_json:
            print_json({"reason": reason, "configuration_hash": jurisdiction.configuration_hash, "months": months})
        else:
            words = wording(connection)
            for month in months:
                _print_planned(words, names, month, scope, metric)
    blocked = [month.period for month in months if month.blocking]
    if blocked:
        typer.echo(f"cannot be published: {', '.join(blocked)}", err=True)
        raise typer.Exit(1)
    if not as_json:
        conf = json.dumps({"periods": periods, "reason": reason}, ensure_ascii=False)
        typer.echo(f"\nTo ask for it: airflow dags trigger restate_compliance --conf {shlex.quote(conf)}")


def _revision(one: Listed) -> str:
    if one.revision is not None:
        return str(one.revision)
    return "tạm tính" if one.kind == "provisional" else "—"


def _print_findings(found: Sequence[Finding]) -> None:
    severities = {"block": "chặn", "warn": "cảnh báo"}
    print_table(
        f"Kết quả kiểm tra ({len(found)})",
        ("Mức", "Đơn vị", "Nội dung", "Quy tắc"),
        [(severities[f.severity], f.unit_code or "—", f.message_vi, f.finding) for f in found],
    )


def _print_differences(words: Wording, names: dict[str, str], changes: Sequence[Difference]) -> None:
    if not changes:
        typer.echo("Không có khác biệt.")
        return
    places = {code: place for place, code in enumerate(names)}
    changes = sorted(changes, key=lambda change: places.get(change.unit_code, len(places)))
    for crossing, told in _CROSSED.items():
        units = dict.fromkeys(c.unit_code for c in changes if c.crossed == crossing and c.scope == "total")
        if units:
            who = ", ".join(names.get(code, code) for code in units)
            typer.echo(f"{told.capitalize()} chỉ tiêu: {who}")
    print_table(
        f"Khác biệt ({len(changes)})",
        ("Đơn vị", "Phạm vi", "Số liệu", "Chỉ số", "Cũ", "Mới", "Đánh giá", "Chỉ tiêu", "Cột thay đổi"),
        [
            (
                names.get(c.unit_code, c.unit_code),
                SCOPES.get(c.scope, c.scope),
                _SPANS[c.span],
                _versions(c),
                share(words, c.old_numerator, c.old_denominator),
                share(words, c.new_numerator, c.new_denominator),
                _changed(_status(words, c.old_status), _status(words, c.new_status)),
                _CROSSED.get(c.crossed or "", ""),
                ", ".join(c.changed_columns),
            )
            for c in changes
        ],
        numbers=("Cũ", "Mới"),
    )


def _versions(change: Difference) -> str:
    versions = dict.fromkeys(
        str(version) for version in (change.old_metric_version, change.new_metric_version) if version is not None
    )
    return f"{change.metric_id} v{'→'.join(versions)}"


def _status(words: Wording, status: str | None) -> str:
    return "—" if status is None else words.text(status)


def _changed(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


_RULES = {
    False: "",
    True: "; lập bằng phiên bản chương trình có quy tắc đếm khác, nên có thể khác vì quy tắc đã sửa",
    None: "; lập khi chưa ghi quy tắc đếm của phiên bản chương trình, nên có thể khác vì quy tắc đã sửa",
}
"""What a difference may come from beside a figure that was changed, by `Rebuild.is_by_other_rules`."""


def _print_rebuild(one: Listed, result: Rebuild) -> None:
    rows = sum(result.row_counts.values())
    name = f"{one.reference} (số {one.publication_id})"
    if result.matches:
        typer.echo(f"khớp   {name}: " + (f"{rows} dòng" if rows else "mã băm; không giữ số liệu"))
        return
    if not result.row_counts:
        typer.echo(
            f"KHÁC   {name}: mã băm {result.content_hash} → {result.rebuilt_hash}{_RULES[result.is_by_other_rules]}"
        )
        return
    typer.echo(f"KHÁC   {name}: {len(result.differing)} trong {rows} dòng{_RULES[result.is_by_other_rules]}")
    for row in result.differing:
        key = " ".join(f"{name}={row.key[name]}" for name in sorted(row.key, reverse=True))
        typer.echo(f"  {row.mart} {key}: công bố {_values(row.published)}; tính lại {_values(row.rebuilt)}")


def _values(figures: Any) -> str:
    return "không có dòng" if figures is None else ", ".join(f"{name}={value}" for name, value in figures.items())


def _print_planned(
    words: Wording, names: dict[str, str], month: PlannedMonth, scope: str | None, metric: str | None
) -> None:
    seen = "chưa công bố lần nào" if month.visible is None else f"hiện là {month.visible.reference}"
    outcome = "sẽ có lần công bố mới" if month.is_changed else "không có gì thay đổi"
    typer.echo(f"\n{words.period(month.period)} ({seen}): {outcome}")
    if month.visible is not None and month.differences:
        shown = [c for c in month.differences if scope in {None, c.scope} and metric in {None, c.metric_id}]
        _print_differences(words, names, shown)
    if month.blocking:
        _print_findings(month.blocking)
