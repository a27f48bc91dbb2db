# SPDX-License-Identifier: GPL-2.0
"""Timings of carveout beside the kernel's allocators: runs, results, table and pictures.

A result is {kernel, engine, init_on_alloc, cpus, case, size, peer, unit, carve, native, ratio}, where
carve and native have the median, p99 and maximum over batches of the mean time for an allocation and
its free, and ratio is the quotient of medians. docs/benchmarks.md describes cases and method.
"""

import argparse
import json
import pathlib
import statistics
import sys

from carveoutlib import svg, text
from carveoutlib.control import clock
from carveoutlib.debugfs import REFUSED, USAGE, Carveout, Debugfs, Problem
from carveoutlib.parse import Row
from carveoutlib.show import print_json, print_lines

LAYERS = ["slab", "kmalloc", "page", "vmalloc", "carveout"]
# Typical cases, without those that look for the worst case
HEADLINES = [("slab_pair", 64), ("slab_batch_lifo", 256), ("slab_batch_shuffled", 256),
             ("kmalloc_pair", 64), ("kmalloc_pair", 4096), ("cache_vs_gen_pool", 64),
             ("page_pair", 0), ("page_pair", 4), ("page_pair", 9),
             ("vmalloc_again", 65536), ("vmalloc_again", 1048576),
             ("vmalloc_first", 65536), ("vmalloc_first", 1048576)]
# In the picture of ratios, and in that of costs
RATIOS = [("slab_pair", 64), ("slab_batch_lifo", 256), ("slab_batch_shuffled", 256), ("slab_bulk", 256),
          ("mempool_pair", 64), ("cache_vs_gen_pool", 64), ("kmalloc_pair", 64), ("kmalloc_pair", 4096),
          ("page_pair", 0), ("page_pair", 4), ("page_pair", 9), ("vmalloc_again", 65536),
          ("vmalloc_again", 1048576), ("vmalloc_first", 65536), ("vmalloc_first", 1048576)]
COSTS = ["kmalloc_pair", "page_pair", "vmalloc_again", "vmalloc_first"]


def headline_runs() -> list[str]:
    """The headline cases as lines for the file bench, without `run`."""
    sizes: dict[str, list[str]] = {}
    for case, size in HEADLINES:
        sizes.setdefault(case, []).append(str(size))
    return [f"{case} sizes={','.join(of)}" for case, of in sorted(sizes.items())]


def ratio_of(carve: Row, native: Row) -> float:
    return round(native["median"] / (carve["median"] or 1), 4)


def result_of(header: Row, raw: Row, engine: str) -> Row:
    """A result from one of the file bench.json and its header."""
    return {"kernel": header["kernel"], "engine": engine, "init_on_alloc": header["init_on_alloc"],
            "cpus": raw["cpus"], "case": raw["case"], "size": raw["size"], "peer": raw["peer"],
            "unit": "instructions" if engine == "icount" else "ns",
            "carve": raw["carve"], "native": raw["native"], "ratio": ratio_of(raw["carve"], raw["native"])}


def median_figure(figures: list[Row]) -> Row:
    """The median of several runs of a case, and their largest maximum."""
    merged = {name: statistics.median(figure[name] for figure in figures) for name in figures[0]}
    return merged | {"max": max(figure["max"] for figure in figures)}


def one_of_each(results: list[Row]) -> list[Row]:
    """Merges the runs of each case, size and number of CPUs into one result.

    Drops cases too short for the clock: single operations under User Mode Linux.
    """
    runs: dict[tuple[str, int, int], list[Row]] = {}
    for result in sorted(results, key=lambda r: r["cpus"]):
        if result["carve"]["median"]:
            runs.setdefault((result["case"], result["size"], result["cpus"]), []).append(result)
    merged = []
    for same in runs.values():
        carve, native = (median_figure([r[side] for r in same]) for side in ("carve", "native"))
        merged.append(same[0] | {"carve": carve, "native": native, "ratio": ratio_of(carve, native)})
    return merged


def run(carveout: Carveout, what: str, batches: int, engine: str = "here") -> tuple[Row, list[Row]]:
    """One run in the kernel: its header and results. The lines of a failed run are refused."""
    carveout.command("bench", f"run {batches} engine={engine} {what}".rstrip())
    found = json.loads(carveout.read("bench.json"))
    return found["header"], [result_of(found["header"], raw, engine) for raw in found["results"]]


def last_run(carveout: Carveout) -> list[Row]:
    """The results that the kernel has of the last run, if there was one."""
    found = json.loads(carveout.read("bench.json"))
    return [result_of(found["header"], raw, found["header"]["engine"]) for raw in found["results"]]


def load(path: str) -> list[Row]:
    """The results in a file that scripts/bench or carveoutctl --json bench wrote."""
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(f"{path} has no results of a benchmark: take build/bench.json of make bench, or the"
                      f" output of carveoutctl --json bench ({error})", USAGE) from error


def table_lines(results: list[Row]) -> list[str]:
    return text.table(
        ["kernel", "engine", "zero", "cpus", "case", "size", "peer", "carve", "p99", "native", "p99", "ratio"],
        [[r["kernel"], r["engine"], r["init_on_alloc"], r["cpus"], r["case"], r["size"], r["peer"],
          f"{r['carve']['median']:.1f}", f"{r['carve']['p99']:.1f}", f"{r['native']['median']:.1f}",
          f"{r['native']['p99']:.1f}", f"{r['ratio']:.2f}"] for r in results], left=(0, 1, 4, 6))


def plain(results: list[Row]) -> list[Row]:
    """The results for pictures: one CPU, memory not zeroed unless all of it is, times on both sides."""
    least = min((r["init_on_alloc"] for r in results), default=0)
    return [r for r in results if r["cpus"] == 1 and r["init_on_alloc"] == least and r["ratio"] > 0]


def draw_ratios(results: list[Row]) -> str:
    """Bars: how many times dearer the native peer is, by case and kernel."""
    measured = {(r["case"], r["size"]) for r in results}
    cases = [case for case in RATIOS if case in measured] or sorted(measured)
    series = []
    for kernel in sorted({(r["kernel"], r["engine"]) for r in results}):
        found = {(r["case"], r["size"]): r["ratio"] for r in results if (r["kernel"], r["engine"]) == kernel}
        series.append((", ".join(kernel), [found.get(case) for case in cases]))
    return svg.bars([f"{case} {size}" for case, size in cases], series,
                    "cost of the native peer / cost of carveout")


def draw_costs(results: list[Row]) -> str:
    """Lines: the cost of an allocation and its free by size, for the kernel that was measured last; of
    several engines, the one that counts instructions."""
    counted = [r for r in results if r["engine"] == "icount"] or results
    kernel, unit = counted[-1]["kernel"], counted[-1]["unit"]
    pictures = []
    for case in COSTS:
        found = [r for r in counted if r["kernel"] == kernel and r["case"] == case]
        if found:
            sides = [(name, [r[side]["median"] for r in found])
                     for side, name in (("carve", "carveout"), ("native", "native"))]
            sizes = [str(r["size"]) if case == "page_pair" else text.size(r["size"]) for r in found]
            pictures.append(svg.curves(sizes, sides, f"{case}, Linux {kernel}", f"{unit} a pair"))
    return svg.side_by_side(pictures, 450, 330)


def run_bench(files: Debugfs, args: argparse.Namespace) -> int:
    """Times the cases, with progress on standard error."""
    carveout = files.get(args.name)
    lines = [line for case in args.cases for line in (LAYERS if case == "all" else [case])] or headline_runs()
    options = f" sizes={args.sizes}" * bool(args.sizes) + f" cpus={args.cpus}" * (args.cpus > 1)
    headers, results = [], []
    for number, line in enumerate(lines, 1):
        with clock(f"{number} of {len(lines)}: {line}"):
            header, found = run(carveout, line + options, args.batches)
        headers.append(header)
        results += found
    return finish(args, headers, one_of_each(results))


def finish(args: argparse.Namespace, headers: list[Row], results: list[Row]) -> int:
    if not results:
        print("carveoutctl: no case of these could be timed: the carveout is too small, or has no memory free",
              file=sys.stderr)
        return REFUSED
    if args.json:
        print_json({"headers": headers, "results": results})
    else:
        print_lines(table_lines(results))
    if args.svg:
        write_picture(args.svg, draw_ratios(plain(results) or results))
    return 0


def write_picture(path: str, picture: str) -> None:
    try:
        pathlib.Path(path).write_text(picture, encoding="utf-8")
    except OSError as error:
        raise Problem(f"can't write {path}: {error.strerror}") from error
