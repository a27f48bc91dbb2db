# SPDX-License-Identifier: GPL-2.0
"""The subcommands that only read: list, show, map, allocations, validate."""

import argparse
import json
from itertools import groupby
from typing import Any

from carveoutlib import parse, snapshot, text
from carveoutlib.debugfs import FAULTY, Carveout, Debugfs
from carveoutlib.parse import Row
from carveoutlib.snapshot import kind_of

# Kinds whose colours need white letters
DARK = {"M", "P", "K", "V", "D", "U", "I", "X"}


def print_json(data: Any) -> None:
    print(json.dumps(data, indent=1))


def print_lines(lines: list[str]) -> None:
    print("\n".join(lines))


def run_list(files: Debugfs, args: argparse.Namespace) -> int:
    found = [snapshot.brief(carveout) for carveout in files.chosen([])]
    if args.json:
        print_json(found)
    else:
        print_lines(text.table(
            ["NAME", "SIZE", "FREE", "FREE %", "LARGEST", "HANDLES", "FAILED", "BAD FREES", "ZONES"],
            [[c["name"], text.size(c["bytes"]), text.size(c["free_bytes"]),
              text.percent(c["free_bytes"], c["bytes"]), text.size(c["largest_free_bytes"]), c["handles"],
              c["failed_allocations"], c["bad_frees"], " ".join(c["zones"])] for c in found], left=(0, 8)))
    return 0


def kind_lines(stats: Row) -> list[str]:
    rows = [[kind.what, pages, text.size(pages * snapshot.page_bytes(stats)),
             text.percent(pages, stats["pages"]), text.gauge(pages, stats["pages"])]
            for kind, pages in snapshot.page_kinds(stats) if pages]
    return text.table(["PAGES OF", "PAGES", "SIZE", "PART", ""], rows, left=(0, 4))


def order_lines(zones: list[Row], unusable: list[Row]) -> list[str]:
    """Free blocks of each order, and the part of free memory that lies in smaller ones."""
    lines = []
    for zone, index in zip(zones, unusable):
        orders = range(len(zone["orders"]))
        lines += text.table([f"zone {zone['zone']}, node {zone['node']}, order:", *map(str, orders)],
                            [["free blocks", *zone["orders"]],
                             ["unusable, %", *(f"{100 * i:.0f}" for i in index["orders"])]])
    return lines


def watermark_lines(zones: list[Row]) -> list[str]:
    return text.table(["WATERMARKS, PAGES", "FREE", "MIN", "LOW", "HIGH", "MANAGED"],
                      [[f"zone {z['zone']}, node {z['node']}", z["free"], z["min"], z["low"], z["high"],
                        z["managed"]] for z in zones])


def cache_lines(caches: list[Row]) -> list[str]:
    used = sorted((c for c in caches if c["objects"]), key=lambda c: -c["active"] * c["size"])
    return text.table(["CACHE", "IN USE", "ROOM FOR", "BYTES EACH", "SLABS", "IN USE, SIZE"],
                      [[c["name"], c["active"], c["objects"], c["size"], c["slabs"],
                        text.size(c["active"] * c["size"])] for c in used])


def run_show(files: Debugfs, args: argparse.Namespace) -> int:
    found = [snapshot.full(carveout) for carveout in files.chosen(args.names)]
    if args.json:
        print_json(found)
        return 0
    for number, data in enumerate(found):
        stats = data["stats"]
        print_lines([*[""] * (number > 0),
                     f"{data['name']}: {text.size(stats['bytes'])}, "
                     f"{text.size(snapshot.free_pages(stats) * snapshot.page_bytes(stats))} free, "
                     f"{stats['failed_allocations']} failed allocations, {stats['bad_frees']} bad frees",
                     "", *kind_lines(stats), "", *order_lines(data["buddyinfo"], data["unusable_index"]),
                     "", *watermark_lines(data["zones"]), "", *cache_lines(data["caches"])])
    return 0


def paint_cells(cells: str, colour: bool) -> str:
    if not colour:
        return cells
    runs = ((kind_of(letter), "".join(run)) for letter, run in groupby(cells))
    return "".join(text.paint(run, kind.ansi, kind.letter in DARK) for kind, run in runs)


def map_lines(pagemap: Row, colour: bool, whole: bool) -> list[str]:
    """The picture of the pages; rows of free pages only are counted, unless the whole is wanted."""
    lines = []
    for free, run in groupby(pagemap["rows"], lambda row: not whole and not row["cells"].strip(".")):
        rows = list(run)
        if free and len(rows) > 1:
            lines.append(f"{'':10} {len(rows)} rows of free pages only")
        else:
            lines += [f"{row['offset']:010x} {paint_cells(row['cells'], colour)}" for row in rows]
    return lines


def legend_lines(pagemap: Row, colour: bool) -> list[str]:
    return [f"{paint_cells(kind['letter'], colour)} {kind['pages']:8} {kind['what']}"
            for kind in pagemap["legend"] if kind["pages"]]


def run_map(files: Debugfs, args: argparse.Namespace) -> int:
    found = {c.name: parse.pagemap(c.read("pagemap")) for c in files.chosen(args.names)}
    if args.json:
        print_json(found)
        return 0
    colour = text.wants_colour(args.color)
    for name, pagemap in found.items():
        cell = pagemap["cell_pages"] * pagemap["page_bytes"]
        zones = [f"{zone['offset']:010x} zone {zone['zone']}" for zone in pagemap["zones"]]
        print_lines([f"{name}: {pagemap['pages']} pages; a character stands for {text.size(cell)}"
                     ", a small letter for pages of several kinds", *zones,
                     *map_lines(pagemap, colour, args.all), *legend_lines(pagemap, colour)])
    return 0


def holders(carveout: Carveout) -> list[Row]:
    """Who holds what, the largest first."""
    caches = parse.slabinfo(carveout.read("slabinfo"))
    rows = snapshot.read_allocations(carveout, snapshot.read_stats(carveout), caches)
    return sorted(rows, key=lambda row: -row["bytes"])


def holder_lines(rows: list[Row]) -> list[str]:
    """A table of holders; stack traces, where there are any, below their lines."""
    head, *lines = text.table(["SIZE", "COUNT", "WHAT", "BY"],
                              [[text.size(row["bytes"]), row["count"], row["what"], row["by"]] for row in rows],
                              left=(2, 3))
    said = [head]
    for line, row in zip(lines, rows):
        said += [line, *(f"    {frame}" for frame in row.get("stack", []))]
    return said


def run_allocations(files: Debugfs, args: argparse.Namespace) -> int:
    found = {c.name: holders(c) for c in files.chosen(args.names)}
    if args.json:
        print_json(found)
        return 0
    for name, rows in found.items():
        print_lines([f"{name}: {sum(row['count'] for row in rows if not row.get('tracked'))} allocations",
                     *(holder_lines(rows) if rows else [])])
    return 0


def run_validate(files: Debugfs, args: argparse.Namespace) -> int:
    """Has every layer check its invariants; fails if one is violated."""
    found = {c.name: c.read("validate").splitlines() for c in files.chosen(args.names)}
    if args.json:
        print_json(found)
    else:
        print_lines([f"{name}: {line}" for name, lines in found.items() for line in lines])
    return 0 if all(lines[-1:] == ["ok"] for lines in found.values()) else FAULTY
