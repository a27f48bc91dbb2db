# SPDX-License-Identifier: GPL-2.0
"""The subcommand top: who holds what, the largest first, with changes per second.

It is shown with curses on a terminal, if Python has it; otherwise as plain tables.
"""

import argparse
import sys
import time
from typing import Any

from carveoutlib import parse, snapshot, text
from carveoutlib.debugfs import Carveout, Debugfs
from carveoutlib.parse import Row
from carveoutlib.show import print_lines

try:
    import curses
except ImportError:
    curses = None  # type: ignore[assignment]

SORTS = ["bytes", "count", "rate", "what"]
# Counters of the file stats whose rates are shown
COUNTERS = ["pcp_refills", "pcp_flushes", "magazine_refills", "magazine_flushes", "failed_allocations",
            "bad_frees"]

Key = tuple[str, str, str]
Sample = dict[str, Any]


def look(carveouts: list[Carveout]) -> Sample:
    """The state of the carveouts at one time."""
    sample: Sample = {"time": time.monotonic(), "stats": {}, "zones": {}, "holders": {}}
    for carveout in carveouts:
        stats = snapshot.read_stats(carveout)
        caches = parse.slabinfo(carveout.read("slabinfo"))
        sample["stats"][carveout.name] = stats
        sample["zones"][carveout.name] = parse.by_order(carveout.read("buddyinfo"))
        for row in snapshot.read_allocations(carveout, stats, caches):
            if not row.get("tracked"):
                sample["holders"][(carveout.name, row["what"], row["by"])] = row
    return sample


def per_second(new: Sample, old: Sample | None, pick: str, key: Any, field: str) -> float | None:
    """The change of a figure per second; None for a first sample."""
    if not old or new["time"] <= old["time"]:
        return None
    was, now = (sample[pick].get(key, {}).get(field, 0) for sample in (old, new))
    return (now - was) / (new["time"] - old["time"])


def holder_rows(new: Sample, old: Sample | None, sort: str) -> list[Row]:
    """Holders, with the change of their bytes per second; those that have gone since are in it once."""
    keys: set[Key] = set(new["holders"]) | set(old["holders"] if old else ())
    rows = []
    for key in keys:
        row = new["holders"].get(key, {"bytes": 0, "count": 0})
        rows.append({"carveout": key[0], "what": key[1], "by": key[2], "bytes": row["bytes"],
                     "count": row["count"], "rate": per_second(new, old, "holders", key, "bytes")})
    by_name = sorted(rows, key=lambda row: (row["what"], row["carveout"], row["by"]))
    if sort == "what":
        return by_name
    return sorted(by_name, key=lambda row: -abs(row[sort] or 0))


def head_lines(new: Sample, old: Sample | None) -> list[str]:
    """A line for each carveout: how full it is, how fragmented, and the rates of its counters."""
    rows = []
    for name, stats in new["stats"].items():
        free = snapshot.free_pages(stats)
        whole = snapshot.usable(new["zones"][name], 9)
        rows.append([name, text.size(stats["bytes"]), text.percent(stats["pages"] - free, stats["pages"]),
                     "-" if whole is None else f"{100 * whole:.0f} %",
                     *(text.rate(per_second(new, old, "stats", name, counter)) for counter in COUNTERS)])
    return text.table(["CARVEOUT", "SIZE", "USED", "FREE, ORDER 9+",
                       "PCP REFILLS/s", "FLUSHES/s", "MAG REFILLS/s", "FLUSHES/s", "FAILED/s", "BAD FREES/s"], rows)


def change(value: float | None) -> str:
    """Bytes per second, with a sign."""
    return "-" if value is None else "0" if not value else ("+" if value > 0 else "-") + text.size(abs(value))


def body_lines(new: Sample, old: Sample | None, sort: str) -> list[str]:
    return text.table(["SIZE", "PER SECOND", "COUNT", "CARVEOUT", "WHAT", "BY"],
                      [[text.size(row["bytes"]), change(row["rate"]), row["count"], row["carveout"], row["what"],
                        row["by"]] for row in holder_rows(new, old, sort)], left=(3, 4, 5))


def run_plain(files: Debugfs, args: argparse.Namespace) -> int:
    """Prints a table for each sample, for pipes and for terminals without curses."""
    old, count = None, 0
    while True:
        new = look(files.chosen(args.names))
        print_lines([*head_lines(new, old), "", *body_lines(new, old, args.sort), ""])
        sys.stdout.flush()
        count += 1
        if count == args.iterations:
            return 0
        old = new
        time.sleep(args.interval)


def draw(screen: Any, new: Sample, old: Sample | None, sort: str) -> None:
    height, width = screen.getmaxyx()
    head, body = head_lines(new, old), body_lines(new, old, sort)
    lines = [f"carveoutctl top: sorted by {sort}; b bytes, c count, r rate, w what, q quit", *head, "", *body]
    titles = {0, 1, len(head) + 2}
    screen.erase()
    for y, line in enumerate(lines[:height]):
        # The last cell of the screen can't be written
        screen.addnstr(y, 0, line.ljust(width) if y in titles else line, width - 1,
                       curses.A_REVERSE if y in titles else curses.A_NORMAL)
    screen.refresh()


def run_screen(screen: Any, files: Debugfs, args: argparse.Namespace) -> int:
    """Redraws at each interval, and at once after a key."""
    curses.curs_set(0)
    sort, old, count = args.sort, None, 0
    while True:
        new = look(files.chosen(args.names))
        count += 1
        until = time.monotonic() + args.interval
        while True:
            draw(screen, new, old, sort)
            rest = until - time.monotonic()
            if rest <= 0:
                break
            screen.timeout(max(1, int(1000 * rest)))
            key = screen.getch()
            if key == ord("q"):
                return 0
            sort = next((s for s in SORTS if key == ord(s[0])), sort)
        if count == args.iterations:
            return 0
        old = new


def run_top(files: Debugfs, args: argparse.Namespace) -> int:
    files.chosen(args.names)
    if curses and text.is_terminal(sys.stdout) and sys.stdin.isatty() and not args.batch:
        return curses.wrapper(run_screen, files, args)
    return run_plain(files, args)
