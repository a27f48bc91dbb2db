# SPDX-License-Identifier: GPL-2.0
"""Tables, units and colours for terminals."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

UNITS = ["B", "KiB", "MiB", "GiB", "TiB"]


def size(count: float) -> str:
    """A number of bytes: 67108864 is 64 MiB, 1572864 is 1.5 MiB."""
    unit = 0
    while abs(count) >= 1024 and unit < len(UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f"{count:.1f}".removesuffix(".0") + f" {UNITS[unit]}"


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def rate(value: float | None) -> str:
    """A change per second, with its sign."""
    return "-" if value is None else f"{value:+.0f}" if value else "0"


def gauge(part: float, whole: float, width: int = 30) -> str:
    """A bar of this width for the whole; a part that isn't 0 has at least one character."""
    length = round(width * part / whole) if whole else 0
    return "#" * max(length, int(part > 0))


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], left: Iterable[int] = (0,)) -> list[str]:
    """Lines of a table. Columns are aligned to the right, except those whose numbers are in left."""
    cells = [list(heads), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    left = set(left)
    return ["  ".join(cell.ljust(width) if i in left else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in cells]


def is_terminal(stream: TextIO) -> bool:
    """Whether the stream is a terminal that understands escape sequences."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def wants_colour(choice: str) -> bool:
    """Whether to print in colours: always, never, or auto, which is on terminals without NO_COLOR."""
    if choice != "auto":
        return choice == "always"
    return is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")


def paint(text: str, ansi: int, dark: bool) -> str:
    """The text on a background of this colour of 256; black, or white if the colour is dark."""
    return f"\033[{97 if dark else 30};48;5;{ansi}m{text}\033[0m"
