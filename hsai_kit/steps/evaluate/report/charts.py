"""The charts of a report, drawn by altair and turned into SVG on this computer; their colors are the page's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lazy_loader
import pandas as pd

# Of the extra `report`, which not every installation has.
alt = lazy_loader.load("altair", suppress_warning=True)
vl_convert = lazy_loader.load("vl_convert", suppress_warning=True)

# Stand-ins that no chart draws by itself, each replaced by a color of the page, which differs in dark mode and print.
_COLORS = {
    "#010101": "var(--ink)",
    "#020202": "var(--soft)",
    "#030303": "var(--line)",
    "#040404": "var(--accent)",
    "#050505": "var(--second)",
}
_INK, _SOFT, _LINE, ACCENT, SECOND = _COLORS
_WIDTH, _ROW = 520, 34
_LABEL = 300


def intervals(
    names: Sequence[str],
    points: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    *,
    axis: str,
    percent: bool = True,
    zero: bool = False,
    kinds: Sequence[str] = (),
) -> str:
    """Draw points with their intervals, one row for each name; `zero` marks no difference, `kinds` color the points."""
    kind = list(kinds) or ["all"] * len(names)
    frame = pd.DataFrame({"name": names, "point": points, "low": lows, "high": highs, "kind": kind}).dropna()
    form = ".0%" if percent else "+.1%" if zero else ",.2f"
    scale = alt.Scale(zero=False, nice=True, padding=8)
    x = alt.X("low:Q", title=axis, scale=scale, axis=alt.Axis(format=form, tickCount=6))
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LABEL, ticks=False, domain=False))
    found = list(dict.fromkeys(kind))
    color = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=found, range=[ACCENT, SECOND][: len(found)]),
        legend=alt.Legend(title=None, orient="top") if len(found) > 1 else None,
    )
    base = alt.Chart(frame).encode(y=y, color=color)
    if len(found) > 1:
        base = base.encode(yOffset=alt.YOffset("kind:N", sort=found))
    layers: list[Any] = [
        base.mark_rule(strokeWidth=2.5).encode(x=x, x2="high:Q"),
        base.mark_point(filled=True, size=80, opacity=1).encode(x=alt.X("point:Q", scale=scale)),
    ]
    if zero:
        layers.insert(0, alt.Chart().mark_rule(color=_SOFT, strokeDash=[4, 3]).encode(x=alt.datum(0)))
    rows = len(frame["name"].unique()) * (1.5 if len(found) > 1 else 1)
    return _svg(alt.layer(*layers).properties(width=_WIDTH, height=max(1, rows) * _ROW), names)


def bars(names: Sequence[str], shares: Sequence[float], highs: Sequence[float], *, axis: str) -> str:
    """Draw shares as bars, each with the upper end of its interval as a thin line."""
    frame = pd.DataFrame({"name": names, "share": shares, "high": highs})
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LABEL, ticks=False, domain=False))
    base = alt.Chart(frame).encode(y=y)
    bar = base.mark_bar(color=ACCENT, height=14).encode(
        x=alt.X("share:Q", title=axis, axis=alt.Axis(format=".0%", tickCount=6))
    )
    rule = base.mark_rule(color=_SOFT, strokeWidth=1.5).encode(x="share:Q", x2="high:Q")
    return _svg((bar + rule).properties(width=_WIDTH, height=len(frame) * _ROW * 0.8), names)


def reliability(curve: pd.DataFrame) -> str:
    """Draw how often answers of each confidence are right, beside the line on which confidence would be exact."""
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format=".0%", tickCount=5)
    diagonal = alt.Chart(pd.DataFrame({"confidence": [0, 1], "right": [0, 1]})).mark_line(
        color=_SOFT, strokeDash=[4, 3], strokeWidth=1.5
    )
    x = alt.X("confidence:Q", title="confidence", scale=scale, axis=axis)
    y = alt.Y("right:Q", title="right", scale=scale, axis=axis)
    base = alt.Chart(curve)
    layers = [
        diagonal.encode(x=x, y=y),
        base.mark_rule(color=ACCENT, strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q"),
        base.mark_point(color=ACCENT, filled=True, opacity=1).encode(
            x=x, y=y, size=alt.Size("records:Q", legend=None, scale=alt.Scale(range=[40, 240]))
        ),
    ]
    return _svg(alt.layer(*layers).properties(width=215, height=215))


def _svg(chart: Any, names: Sequence[str] = ()) -> str:
    # The page's own font may be wider than the one that the labels are measured with.
    left = 8 + 1.5 * min(_LABEL / 7, max(map(len, names), default=0))
    themed = chart.configure(
        padding={"left": left, "right": 12, "top": 4, "bottom": 4},
        background="transparent",
        font="system-ui, sans-serif",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=_INK,
            titleColor=_SOFT,
            gridColor=_LINE,
            domainColor=_LINE,
            tickColor=_LINE,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        ),
        legend=alt.LegendConfig(labelColor=_INK, labelFontSize=12),
    )
    svg = vl_convert.vegalite_to_svg(themed.to_json())
    for stand_in, color in _COLORS.items():
        svg = svg.replace(stand_in, color)
    return str(svg)
