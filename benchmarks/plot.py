"""One picture of a run: how many limits each way takes from landed bytes to the publication."""

from __future__ import annotations

from html import escape
from pathlib import Path

from benchmarks.goals import MILLION, MUST_WITH_GX, MUST_WITHOUT_GX, Results

_WIDTH, _BAR, _GAP, _LEFT, _RIGHT, _TOP = 760, 24, 10, 290, 70, 40
_OURS, _PEER, _GOAL = "#2b6cb0", "#a0aec0", "#c53030"


def write(results: Results, path: Path) -> None:
    """Write the picture as SVG, without any library: bars, their numbers, and at each of ours the mark of its goal."""
    size = MILLION if MILLION in results.sizes else max(results.sizes)
    goals = ((True, "GX imported before", MUST_WITHOUT_GX), (False, "all imports included", MUST_WITH_GX))
    bars: list[tuple[str, float | None, float | None]] = [
        (f"{sources}, {told}", results.in_limits("first load", size, streams, is_preloaded=is_preloaded), must)
        for streams, sources in ((2, "two sources"), (1, "one source"))
        for is_preloaded, told, must in goals
    ]
    bars += [(peer, results.in_limits(peer, size, None), None) for peer in ("dlt + dbt", "naive pandas")]
    shown = [(name, value, must) for name, value, must in bars if value is not None]
    scale = (_WIDTH - _LEFT - _RIGHT) / max([value for _, value, _ in shown] + [MUST_WITH_GX])
    height = _TOP + len(shown) * (_BAR + _GAP) + 24
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="10" y="22" font-size="15">{size:,} dossiers: time from landed bytes to publication ÷ L</text>',
    ]
    for number, (name, value, must) in enumerate(shown):
        y = _TOP + number * (_BAR + _GAP)
        end = _LEFT + max(value, must or 0) * scale
        colour = _OURS if must else _PEER
        lines += [
            f'<text x="{_LEFT - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{value * scale:.1f}" height="{_BAR}" fill="{colour}"/>',
            f'<text x="{end + 8:.1f}" y="{y + 17}">{value:.1f}</text>',
        ]
        if must:
            lines.append(_mark(_LEFT + must * scale, y))
    lines += [
        _mark(_LEFT, height - 20, _BAR - 8),
        f'<text x="{_LEFT + 8}" y="{height - 7}" fill="{_GOAL}">'
        f"must: {MUST_WITH_GX} with all imports, {MUST_WITHOUT_GX} without that of GX</text>",
        "</svg>",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _mark(x: float, y: float, height: float = _BAR) -> str:
    return f'<line x1="{x:.1f}" y1="{y - 3}" x2="{x:.1f}" y2="{y + height + 3}" stroke="{_GOAL}" stroke-width="2"/>'
