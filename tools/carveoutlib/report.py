# SPDX-License-Identifier: GPL-2.0
"""The subcommand report: one HTML page that needs nothing else, with its pictures as inline SVG."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from carveoutlib import bench, snapshot, svg, text
from carveoutlib.control import clock
from carveoutlib.debugfs import Carveout, Debugfs, Problem
from carveoutlib.export import write_whole
from carveoutlib.parse import Row
from carveoutlib.snapshot import KINDS

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #f4f6f8; margin: 0 }
main { max-width: 1280px; margin: 0 auto; padding: 24px }
section { background: #fff; border: 1px solid #dde3e8; border-radius: 8px; padding: 8px 24px 20px; margin: 20px 0 }
h1, h2, h3 { line-height: 1.2 } h3 { margin: 28px 0 6px } p { margin: 4px 0 10px; color: #555 }
.flex { display: flex; flex-wrap: wrap; gap: 12px 32px; align-items: flex-start }
.tiles { display: flex; flex-wrap: wrap; gap: 12px } .tile { background: #f4f6f8; border-radius: 6px; padding: 8px 16px }
.tile b { display: block; font-size: 20px }
table { border-collapse: collapse; font-size: 13px } th, td { padding: 3px 12px 3px 0; text-align: right }
th { border-bottom: 1px solid #aaa } td.left, th.left { text-align: left; overflow-wrap: anywhere }
tr:nth-child(even) td { background: #f8fafb } .scroll { overflow-x: auto } svg { max-width: 100%; height: auto }
.swatch { display: inline-block; width: 11px; height: 11px; border: 1px solid #999; margin-right: 6px }
.bar { display: inline-block; height: 10px; background: #2e86de; min-width: 1px }
"""


def tile(what: str, value: str) -> str:
    return f"<div class='tile'>{escape(what)}<b>{escape(value)}</b></div>"


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], left: Iterable[int] = (0,)) -> str:
    """A table of escaped texts; cells that are Markup stay as they are."""
    left = set(left)

    def row(tag: str, cells: Sequence[Any]) -> str:
        return "<tr>" + "".join(f"<{tag}{' class=left' if i in left else ''}>{cell_text(cell)}</{tag}>"
                                for i, cell in enumerate(cells)) + "</tr>"

    lines = [row("th", heads), *(row("td", cells) for cells in rows)]
    return "<div class='scroll'><table>\n" + "\n".join(lines) + "\n</table></div>"


class Markup(str):
    """Text that is HTML already."""


def cell_text(cell: Any) -> str:
    return cell if isinstance(cell, Markup) else escape(str(cell))


def share(part: float, whole: float) -> Markup:
    width = 160 * part / whole if whole else 0
    return Markup(f"<span class='bar' style='width:{width:.0f}px'></span>")


def summary(data: Row) -> str:
    stats = data["stats"]
    size = snapshot.page_bytes(stats)
    largest = snapshot.largest_free(data["buddyinfo"])
    free = snapshot.free_pages(stats)
    tiles = [("size", text.size(stats["bytes"])),
             ("free", f"{text.size(free * size)}, {text.percent(free, stats['pages'])}"),
             ("largest free block", "none" if largest is None else text.size(size << largest)),
             ("metadata", text.percent(stats["metadata_bytes"], stats["bytes"])),
             ("failed allocations", str(stats["failed_allocations"])), ("bad frees", str(stats["bad_frees"])),
             ("zones", ", ".join(f"{z['zone']} on node {z['node']}" for z in data["zones"]))]
    return "<div class='tiles'>" + "".join(tile(*t) for t in tiles) + "</div>"


def map_part(data: Row) -> str:
    pagemap = data["pagemap"]
    cell = text.size(pagemap["cell_pages"] * pagemap["page_bytes"])
    counts = {entry["letter"]: entry["pages"] for entry in pagemap["legend"]}
    swatches = [(Markup(f"<span class='swatch' style='background:{kind.hexadecimal}'></span>{escape(kind.what)}"),
                 counts[kind.letter], text.size(counts[kind.letter] * pagemap["page_bytes"]),
                 text.percent(counts[kind.letter], pagemap["pages"]))
                for kind in KINDS if counts.get(kind.letter)]
    return (f"<h3>Page map</h3><p>A cell stands for {cell}; it is pale where it has pages of several kinds,"
            f" or free ones with them.</p><div class='flex'>{svg.page_map(pagemap)}"
            + table(["", "pages", "size", "part"], swatches) + "</div>")


def order_part(data: Row) -> str:
    """Free memory by the order of its blocks, and the unusable index."""
    size = snapshot.page_bytes(data["stats"])
    parts = []
    for zone, index in zip(data["buddyinfo"], data["unusable_index"]):
        orders = [str(order) for order in range(len(zone["orders"]))]
        figures = [float((count << order) * size) for order, count in enumerate(zone["orders"])]
        above = [text.size(f) if f else "" for f in figures]
        unusable = [100 * figure for figure in index["orders"]]
        parts += [svg.columns(orders, figures, above, f"free memory in blocks of each order, zone {zone['zone']}"),
                  svg.columns(orders, unusable, [f"{u:.0f} %" for u in unusable],
                              "part of free memory in blocks too small for the order")]
    return "<h3>Fragmentation now</h3><div class='flex'>" + "\n".join(parts) + "</div>"


def time_part(samples: list[Row]) -> str:
    """Fragmentation over the time of the samples."""
    if len(samples) < 2:
        return ""
    seconds = [s["time"] - samples[0]["time"] for s in samples]
    series = [("free memory, of the carveout", [s["free"] for s in samples]),
              ("of free memory: in blocks of order 4 or more", [s["usable"][4] for s in samples]),
              ("of free memory: in blocks of order 9 or more", [s["usable"][9] for s in samples])]
    return f"<h3>Fragmentation over time</h3><p>{len(samples)} samples</p>" + svg.over_time(seconds, series)


def holder_part(data: Row) -> str:
    rows = sorted((row for row in data["allocations"] if not row.get("tracked")), key=lambda row: -row["bytes"])
    traces = [row for row in data["allocations"] if row.get("tracked")]
    most = max((row["bytes"] for row in rows), default=0)
    if not rows:
        return "<h3>Who holds what</h3><p>Nothing is allocated.</p>"
    return ("<h3>Who holds what</h3>" +
            table(["what", "by", "count", "size", ""],
                  [[row["what"], row["by"], row["count"], text.size(row["bytes"]), share(row["bytes"], most)]
                   for row in rows], left=(0, 1, 4)) + trace_part(traces))


def trace_part(traces: list[Row]) -> str:
    if not traces:
        return ""
    return "<p>Of these, in caches with user tracking:</p>" + table(
        ["what", "by", "count", "size", "oldest"],
        [[row["what"], Markup("<br>".join(escape(frame) for frame in [row["by"], *row["stack"]])), row["count"],
          text.size(row["bytes"]), "-" if row["oldest_ms"] is None else f"{row['oldest_ms'] / 1000:.1f} s"]
         for row in traces], left=(0, 1))


def cache_part(data: Row) -> str:
    used = sorted((c for c in data["caches"] if c["objects"]), key=lambda c: -c["active"] * c["size"])
    if not used:
        return ""
    return "<h3>Caches</h3>" + table(
        ["cache", "in use", "room for", "bytes each", "slabs", "in magazines' depot", "in use, size"],
        [[c["name"], c["active"], c["objects"], c["size"], c["slabs"], c["depot"],
          text.size(c["active"] * c["size"])] for c in used])


def carveout_section(data: Row, samples: list[Row]) -> str:
    parts = [summary(data), map_part(data), order_part(data), time_part(samples), holder_part(data),
             cache_part(data)]
    return f"<section><h2>{escape(data['name'])}</h2>" + "\n".join(parts) + "</section>"


def bench_section(results: list[Row]) -> str:
    if not results:
        return ("<section><h2>Timings beside the kernel's allocators</h2><p>Nothing was timed:"
                " run <code>carveoutctl bench</code> first, or name a file with --bench.</p></section>")
    plain = bench.plain(results) or results
    unit = "instructions" if results[-1]["unit"] == "instructions" else "ns"
    return ("<section><h2>Timings beside the kernel's allocators</h2><p>Cost of an allocation and its free"
            f" ({unit}); medians of batches. The bars show how many times dearer the kernel's allocator is.</p>"
            + bench.draw_ratios(plain) +
            table(["kernel", "case", "size", "cpus", "peer", "carveout", "p99", "kernel's", "p99", "ratio"],
                  [[r["kernel"], r["case"], r["size"], r["cpus"], r["peer"], *sides(r), f"{r['ratio']:.2f}"]
                   for r in plain], left=(0, 1, 4)) + "</section>")


def sides(result: Row) -> list[str]:
    return [f"{result[side][figure]:.1f}" for side in ("carve", "native") for figure in ("median", "p99")]


def page(found: list[Row], samples: dict[str, list[Row]], results: list[Row]) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime())
    system = os.uname()
    sections = [carveout_section(data, samples[data["name"]]) for data in found]
    return ("<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>carveout report</title>"
            "<meta name='viewport' content='width=device-width, initial-scale=1'>"
            f"<style>{STYLE}</style></head><body><main><h1>carveout report</h1>"
            f"<p>{escape(system.nodename)}, {escape(system.sysname)} {escape(system.release)}, {escape(when)}</p>\n"
            + "\n".join([*sections, bench_section(results)]) + "\n</main></body></html>\n")


def take_samples(carveouts: list[Carveout], seconds: float, count: int) -> dict[str, list[Row]]:
    samples: dict[str, list[Row]] = {carveout.name: [] for carveout in carveouts}
    for number in range(count):
        if number:
            time.sleep(seconds / (count - 1))
        for carveout in carveouts:
            samples[carveout.name].append(snapshot.sample(carveout))
    return samples


def results_of(carveouts: list[Carveout], path: str | None) -> list[Row]:
    """The results in the file, or those of the last runs on these carveouts."""
    if path:
        return bench.load(path)
    return bench.one_of_each([result for carveout in carveouts for result in bench.last_run(carveout)])


def run_report(files: Debugfs, args: argparse.Namespace) -> int:
    carveouts = files.chosen(args.names)
    if not carveouts:
        raise Problem("there is no carveout to report on: carveoutctl create NAME SIZE")
    with clock(f"watching for {args.seconds:g} s"):
        samples = take_samples(carveouts, args.seconds, args.samples)
    contents = page([snapshot.full(carveout) for carveout in carveouts], samples,
                    results_of(carveouts, args.bench))
    if args.output == "-":
        sys.stdout.write(contents)
    else:
        write_whole(args.output, contents)
        print(f"written: {args.output}")
    return 0
