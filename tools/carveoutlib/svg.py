# SPDX-License-Identifier: GPL-2.0
"""Pictures as SVG: bars and lines on logarithmic scales, lines over time, page maps."""

import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby

from carveoutlib.parse import Row
from carveoutlib.snapshot import kind_of

COLOURS = ["#2e86de", "#e67e22", "#16a085", "#8e44ad", "#c0392b", "#7f8c8d"]
FONT = "font-family='sans-serif' font-size='12'"

# A series of a chart: its name and its figures; None where there is none
Series = tuple[str, Sequence[float | None]]


def document(width: float, height: float, parts: Sequence[str]) -> str:
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' width='{width:.0f}'"
            f" height='{height:.0f}' {FONT}>\n" + "\n".join(parts) + "\n</svg>\n")


def text(x: float, y: float, what: str, anchor: str = "start", more: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'{more}>{escape(what)}</text>"


def rect(x: float, y: float, width: float, height: float, colour: str, title: str = "") -> str:
    # pylint: disable=too-many-arguments
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' fill='{colour}'>{inside}</rect>"


def line(x1: float, y1: float, x2: float, y2: float, colour: str = "#cccccc") -> str:
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{colour}'/>"


def legend(x: float, y: float, names: Sequence[str]) -> list[str]:
    parts = []
    for i, name in enumerate(names):
        parts += [rect(x, y + 18 * i, 12, 12, COLOURS[i % len(COLOURS)]), text(x + 18, y + 18 * i + 10, name)]
    return parts


def decades(figures: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around the figures."""
    above = [f for f in figures if f > 0] or [1]
    low, high = math.floor(math.log10(min(above))), math.ceil(math.log10(max(above)))
    return low, max(high, low + 1)


def log_scale(figures: Sequence[float], start: float, end: float) -> tuple[Callable[[float], float], list[float]]:
    """Maps figures to positions from start to end, logarithmically; and the figures to mark."""
    low, high = decades(figures)
    marks = [10.0 ** n for n in range(low, high + 1)]
    return lambda f: start + (end - start) * (math.log10(max(f, marks[0])) - low) / (high - low), marks


def all_figures(series: Sequence[Series]) -> list[float]:
    return [figure for _, figures in series for figure in figures if figure is not None]


def short(figure: float) -> str:
    return f"{figure:.10g}"


def bars(labels: Sequence[str], series: Sequence[Series], what: str) -> str:
    """Horizontal bars from 1, on a logarithmic scale: a group for each label."""
    left, right, top, group = 190, 640, 10 + 18 * len(series), 8 + 12 * len(series)
    at, marks = log_scale([1, *all_figures(series)], left, right)
    bottom = top + group * len(labels)
    parts = legend(left, 4, [name for name, _ in series])
    for mark in marks:
        parts += [line(at(mark), top, at(mark), bottom, "#666666" if mark == 1 else "#cccccc"),
                  text(at(mark), bottom + 15, short(mark), "middle")]
    for i, label in enumerate(labels):
        parts.append(text(left - 8, top + group * i + group / 2 + 4, label, "end"))
        parts += bar_group(at, [figures[i] for _, figures in series], top + group * i + 4)
    return document(right + 60, bottom + 40, [*parts, text((left + right) / 2, bottom + 32, what, "middle")])


def bar_group(at: Callable[[float], float], figures: Sequence[float | None], y: float) -> list[str]:
    """A bar of each series, one below the other."""
    return [part for j, figure in enumerate(figures) if figure is not None
            for part in log_bar(at, figure, y + 12 * j, COLOURS[j % len(COLOURS)])]


def log_bar(at: Callable[[float], float], figure: float, y: float, colour: str) -> list[str]:
    """A bar from 1 to the figure, which may be less."""
    start, end = sorted((at(1), at(figure)))
    return [rect(start, y, max(end - start, 1), 11, colour), text(end + 4, y + 10, f"{figure:.2f}")]


def grid(left: float, top: float, right: float, bottom: float, ys: Sequence[tuple[float, str]]) -> list[str]:
    parts = [line(left, bottom, right, bottom, "#666666"), line(left, top, left, bottom, "#666666")]
    for y, label in ys:
        parts += [line(left, y, right, y), text(left - 6, y + 4, label, "end")]
    return parts


def curves(labels: Sequence[str], series: Sequence[Series], title: str, unit: str) -> str:
    """Lines on a logarithmic scale, with equal steps between the labels."""
    left, right, top, bottom = 70, 430, 70, 290
    at, marks = log_scale(all_figures(series), bottom, top)
    step = (right - left - 20) / max(1, len(labels) - 1)
    parts = [text(left, 16, title, more=" font-weight='bold'"), *legend(left, 26, [name for name, _ in series]),
             text(right, 16, unit, "end"), *grid(left, top, right, bottom, [(at(m), short(m)) for m in marks])]
    parts += [text(left + 10 + step * i, bottom + 16, label, "middle") for i, label in enumerate(labels)]
    for j, (_, figures) in enumerate(series):
        points = [(left + 10 + step * i, at(f)) for i, f in enumerate(figures) if f is not None]
        parts.append(polyline(points, COLOURS[j % len(COLOURS)]))
        parts += [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{COLOURS[j % len(COLOURS)]}'/>" for x, y in points]
    return document(right + 20, bottom + 30, parts)


def polyline(points: Sequence[tuple[float, float]], colour: str) -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f"<polyline points='{joined}' fill='none' stroke='{colour}' stroke-width='2'/>"


def over_time(seconds: Sequence[float], series: Sequence[Series]) -> str:
    """Parts of a whole, from 0 to 100 %, over the time from the first sample."""
    left, right, top, bottom = 60, 700, 20 + 18 * len(series), 240 + 18 * len(series)
    length = seconds[-1] or 1
    parts = [*legend(left, 4, [name for name, _ in series]),
             *grid(left, top, right, bottom, [(bottom - (bottom - top) * n / 4, f"{25 * n} %") for n in range(5)]),
             text(left, bottom + 16, "0 s", "middle"), text(right, bottom + 16, f"{seconds[-1]:.1f} s", "middle")]
    for j, (_, figures) in enumerate(series):
        points = [(left + (right - left) * at / length, bottom - (bottom - top) * f)
                  for at, f in zip(seconds, figures) if f is not None]
        parts.append(polyline(points, COLOURS[j % len(COLOURS)]))
    return document(right + 30, bottom + 30, parts)


def columns(labels: Sequence[str], figures: Sequence[float], texts: Sequence[str], what: str) -> str:
    """Upright bars, each with a text above it."""
    left, top, bottom, step = 10, 30, 200, 34
    most = max(figures, default=0) or 1
    parts = [line(left, bottom, left + step * len(labels), bottom, "#666666")]
    for i, (label, figure, above) in enumerate(zip(labels, figures, texts)):
        height = (bottom - top) * figure / most
        parts += [rect(left + step * i + 6, bottom - height, step - 12, height, COLOURS[0], f"{label}: {above}"),
                  text(left + step * (i + 0.5), bottom - height - 4, above, "middle", " font-size='8'"),
                  text(left + step * (i + 0.5), bottom + 15, label, "middle")]
    return document(left + step * len(labels) + 20, bottom + 40,
                    [*parts, text(left + step * len(labels) / 2, bottom + 34, what, "middle")])


def map_row(y: float, row: Row, cell_bytes: int) -> list[str]:
    """A row of the page map: a rectangle for each run of equal cells."""
    parts, x = [], 0
    for letter, run in groupby(row["cells"]):
        length, kind = len(list(run)), kind_of(letter)
        opacity = " opacity='0.55'" if letter.islower() else ""
        title = f"{row['offset'] + x * cell_bytes:#x}: {kind.what}{', mixed' if opacity else ''}"
        parts.append(f"<g{opacity}>{rect(90 + 10 * x, y, 10 * length, 11, kind.hexadecimal, title)}</g>")
        x += length
    return parts


def page_map(pagemap: Row) -> str:
    """All pages: colours by their kind, paler where a cell has pages of several kinds."""
    parts, y = [], 4
    cell_bytes = pagemap["cell_pages"] * pagemap["page_bytes"]
    for number, row in enumerate(pagemap["rows"]):
        if number % 4 == 0:
            parts.append(text(84, y + 10, f"{row['offset']:#x}", "end", " font-size='10'"))
        parts += map_row(y, row, cell_bytes)
        y += 12
    return document(90 + 640 + 10, y + 6, parts)


def side_by_side(pictures: Sequence[str], width: int, height: int, across: int = 2) -> str:
    """Pictures of this size in rows."""
    placed = [picture.replace("<svg ", f"<svg x='{i % across * width}' y='{i // across * height}' ", 1)
              for i, picture in enumerate(pictures)]
    return document(across * width, math.ceil(len(pictures) / across) * height, placed)
