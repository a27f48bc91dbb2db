# SPDX-License-Identifier: GPL-2.0
"""The subcommand export: figures for Prometheus, in its text format, and all data as JSON.

For node_exporter's textfile collector, --output replaces the file at once, so that it never reads half.
"""

import argparse
import json
import os
import sys
import tempfile

from carveoutlib import snapshot
from carveoutlib.debugfs import USAGE, Debugfs, Problem
from carveoutlib.parse import Row

# Counters in the file stats; they only grow while a carveout exists
COUNTERS = {
    "failed_allocations": "Allocations that failed.",
    "bad_frees": "Wrong frees that were refused.",
    "bad_reallocs": "Changes of the size of something not allocated that were refused.",
    "bad_splits": "Wrong splits of blocks of pages that were refused.",
    "bad_kmaps": "Wrong uses of kmap that were refused.",
    "pcp_refills": "Times that a per-CPU list of pages was refilled.",
    "pcp_flushes": "Times that a per-CPU list of pages was flushed.",
    "magazine_refills": "Times that a magazine of objects was refilled.",
    "magazine_flushes": "Times that a magazine of objects was flushed.",
    "kmap_maps": "Pages mapped by carve_kmap().",
    "dma_refused": "Requests of devices that were refused.",
}
GAUGES = {
    "bytes": "Size of the carveout.",
    "metadata_bytes": "Bytes that the carveout's own metadata takes.",
    "objects": "Objects of caches in use.",
    "areas": "Areas of carve_vmalloc() in use.",
    "dma_buffers": "DMA buffers in use.",
    "handles": "Allocations made by hand.",
    "user_files": "Files that programs have open.",
    "user_mapped_bytes": "Bytes that programs have mapped.",
    "user_touched_bytes": "Bytes that programs have touched.",
    "user_pinned_bytes": "Bytes of programs that I/O has pinned.",
}

Labels = dict[str, object]


def escape(value: object) -> str:
    return str(value).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def metric(name: str, kind: str, what: str, samples: list[tuple[Labels, float]]) -> list[str]:
    """A metric family: its help, its type, and a line for each sample."""
    lines = [f"# HELP carveout_{name} {what}", f"# TYPE carveout_{name} {kind}"]
    for labels, value in samples:
        pairs = ",".join(f'{key}="{escape(label)}"' for key, label in labels.items())
        lines.append(f"carveout_{name}{{{pairs}}} {value:.10g}")
    return lines


def per_carveout(found: list[Row], name: str) -> list[tuple[Labels, float]]:
    return [({"carveout": data["name"]}, data["stats"].get(name, 0)) for data in found]


def page_samples(data: Row) -> list[tuple[Labels, float]]:
    return [({"carveout": data["name"], "kind": kind.key}, count)
            for kind, count in snapshot.page_kinds(data["stats"])]


def zone_samples(found: list[Row], lines: str) -> list[tuple[Labels, float]]:
    """A sample for each carveout, node, zone and order."""
    return [({"carveout": data["name"], "node": zone["node"], "zone": zone["zone"], "order": order}, figure)
            for data in found for zone in data[lines] for order, figure in enumerate(zone["orders"])]


def cache_samples(data: Row, field: str) -> list[tuple[Labels, float]]:
    return [({"carveout": data["name"], "cache": cache["name"]}, cache[field]) for cache in data["caches"]]


def holder_samples(data: Row) -> list[tuple[Labels, float]]:
    """Bytes by holder; holders that differ only in a number, such as a process ID, are added up."""
    sums: dict[tuple[str, str], int] = {}
    for row in data["allocations"]:
        if not row.get("tracked"):
            key = (row["what"], row["by"])
            sums[key] = sums.get(key, 0) + row["bytes"]
    return [({"carveout": data["name"], "what": what, "by": by}, size) for (what, by), size in sums.items()]


def prometheus(found: list[Row]) -> str:
    """All metrics; each family stands together, as the format demands."""
    lines = []
    for name, what in GAUGES.items():
        lines += metric(name, "gauge", what, per_carveout(found, name))
    for name, what in COUNTERS.items():
        lines += metric(f"{name}_total", "counter", what, per_carveout(found, name))
    lines += metric("pages", "gauge", "Pages by what they are used for.",
                    [s for data in found for s in page_samples(data)])
    lines += metric("free_blocks", "gauge", "Free blocks by order.", zone_samples(found, "buddyinfo"))
    lines += metric("unusable_index", "gauge", "Part of free memory that no block of the order can come from.",
                    zone_samples(found, "unusable_index"))
    lines += metric("cache_objects", "gauge", "Objects of each cache in use.",
                    [s for data in found for s in cache_samples(data, "active")])
    lines += metric("cache_slabs", "gauge", "Slabs of each cache.",
                    [s for data in found for s in cache_samples(data, "slabs")])
    lines += metric("held_bytes", "gauge", "Bytes by what is allocated, and by whom.",
                    [s for data in found for s in holder_samples(data)])
    return "\n".join(lines) + "\n"


def write_whole(path: str, contents: str) -> None:
    """Writes the file under another name first, and renames it."""
    directory = os.path.dirname(os.path.abspath(path))
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=directory, delete=False) as file:
            file.write(contents)
            os.fchmod(file.fileno(), 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise Problem(f"can't write {path}: {error.strerror}") from error


def run_export(files: Debugfs, args: argparse.Namespace) -> int:
    if not args.prometheus and not args.json:
        raise Problem("export --prometheus, or --json export: which format?", USAGE)
    found = [snapshot.full(carveout) for carveout in files.chosen(args.names)]
    said = json.dumps(found, indent=1) + "\n" if args.json else prometheus(found)
    if args.output:
        write_whole(args.output, said)
    else:
        sys.stdout.write(said)
    return 0
