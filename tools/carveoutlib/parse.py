# SPDX-License-Identifier: GPL-2.0
"""The text of each debugfs file as lists and dictionaries. docs/debugfs.md describes the files."""

import json
import re
from typing import Any

Row = dict[str, Any]

# A line of buddyinfo, extfrag_index or unusable_index: a figure for each order
ZONE_LINE = re.compile(r"Node +(\d+), zone +(\S+) +(.*)")
# A line of the file allocations: the kinds of allocations that have call sites
SITE_LINE = re.compile(r"(\d+) (.*), (\d+) pages, by (.*)")
CACHE_LINE = re.compile(r"(\d+) objects of cache (\S+), made by (.*)")
USER_LINE = re.compile(r"(\d+) pages of user space, (.*), opened by (.*)")
# A line of the file slab_users, which allocations has, too
TRACKED_LINE = re.compile(r"(\d+) bytes in (\d+) objects(?: of cache (\S+), the oldest for (\d+) ms,)? by (.*)")
SETTING = re.compile(r"(\S+) +(\d+)")


def stats(text: str) -> Row:
    return json.loads(text)


def by_order(text: str) -> list[Row]:
    """Lines of buddyinfo and the like: node, zone, and a figure for each order."""
    found = (ZONE_LINE.match(line) for line in text.splitlines())
    return [{"node": int(m[1]), "zone": m[2], "orders": [float(n) if "." in n else int(n) for n in m[3].split()]}
            for m in found if m]


def zoneinfo(text: str) -> list[Row]:
    zones: list[Row] = []
    for line in text.splitlines():
        if start := re.match(r"Node (\d+), zone +(\S+)", line):
            zones.append({"node": int(start[1]), "zone": start[2]})
        elif line.startswith("    cpu:"):
            zones[-1]["cpus"] = zones[-1].get("cpus", 0) + 1
        elif (setting := SETTING.fullmatch(line.strip().removeprefix("pages ").replace(":", ""))) and zones:
            zones[-1].setdefault(setting[1], int(setting[2]))
    return zones


def slabinfo(text: str) -> list[Row]:
    caches = []
    for line in text.splitlines():
        if line.startswith(("slabinfo", "#")):
            continue
        name, *figures = line.replace(":", " ").split()
        active, objects, size, per_slab, slab_pages, limit, batch, _, active_slabs, slabs, shared = (
            int(f) for f in figures if f.isdigit())
        caches.append({"name": name, "active": active, "objects": objects, "size": size, "per_slab": per_slab,
                       "slab_pages": slab_pages, "limit": limit, "batch": batch, "active_slabs": active_slabs,
                       "slabs": slabs, "depot": shared})
    return caches


def pagemap(text: str) -> Row:
    """The picture of the pages: rows of cells, and the legend."""
    head, *lines = text.splitlines()
    figures = [int(n) for n in re.findall(r"\d+", head)]
    pages, page_kib, cell_pages = figures[0], figures[1], figures[2]
    rows, zones, legend = [], [], []
    for line in lines:
        if match := re.fullmatch(r"([0-9a-f]{10}) zone (\S+)", line):
            zones.append({"offset": int(match[1], 16), "zone": match[2]})
        elif match := re.fullmatch(r"([0-9a-f]{10}) (.+)", line):
            rows.append({"offset": int(match[1], 16), "cells": match[2]})
        elif match := re.fullmatch(r"(\S) +(\d+) (.*)", line):
            legend.append({"letter": match[1], "pages": int(match[2]), "what": match[3]})
    return {"pages": pages, "page_bytes": page_kib << 10, "cell_pages": cell_pages, "rows": rows,
            "zones": zones, "legend": legend}


def tracked(line: str) -> Row | None:
    """A line of slab_users: objects by the stack trace of their allocation."""
    if not (match := TRACKED_LINE.fullmatch(line)):
        return None
    return {"what": f"objects of {match[3]}" if match[3] else "objects", "count": int(match[2]),
            "bytes": int(match[1]), "by": match[5], "cache": match[3], "tracked": True, "stack": [],
            "oldest_ms": int(match[4]) if match[4] else None}


def allocation(line: str, page_bytes: int, sizes: dict[str, int]) -> Row:
    """A line of the file allocations. A line of an unknown kind keeps its text."""
    if found := tracked(line):
        return found
    if match := CACHE_LINE.fullmatch(line):
        count = int(match[1])
        return {"what": f"objects of {match[2]}", "count": count, "bytes": count * sizes.get(match[2], 0),
                "by": match[3], "cache": match[2]}
    if match := USER_LINE.fullmatch(line):
        return {"what": "user space", "count": int(match[1]), "bytes": int(match[1]) * page_bytes,
                "by": f"{match[3]} ({match[2]})"}
    if match := SITE_LINE.fullmatch(line):
        return {"what": match[2], "count": int(match[1]), "bytes": int(match[3]) * page_bytes, "by": match[4]}
    return {"what": line, "count": 0, "bytes": 0, "by": "-"}


def allocations(text: str, page_bytes: int, caches: list[Row]) -> list[Row]:
    """What is allocated, by call site and cache. Caches with user tracking have lines of their own for
    each call site, with "tracked": these are parts of the cache's line.
    """
    sizes = {cache["name"]: cache["size"] for cache in caches}
    rows: list[Row] = []
    for line in text.splitlines():
        if line.startswith("    ") and rows:
            rows[-1].setdefault("stack", []).append(line.strip())
        elif line != "nothing is allocated":
            rows.append(allocation(line, page_bytes, sizes))
    return rows


def handles(text: str) -> list[Row]:
    found = (re.fullmatch(r"(\d+) +(.*?) +(\d+) (\S+)", line) for line in text.splitlines())
    return [{"handle": int(m[1]), "what": m[2], "bytes": int(m[3]), "offset": m[4]} for m in found if m]


def user(text: str) -> list[Row]:
    """Objects of programs, with the names that these gave them. Names of programs may have blanks."""
    line_of = re.compile(r" *(\d+) +(\d+) (.*?) +(\d+) +(\d+) +(\d+)( closed)?(?: as (\S+))?")
    found = (line_of.fullmatch(line) for line in text.splitlines())
    return [{"pid": int(m[1]), "uid": int(m[2]), "program": m[3], "mapped_kib": int(m[4]), "touched_kib": int(m[5]),
             "pinned_kib": int(m[6]), "closed": bool(m[7]), "name": m[8]} for m in found if m and m[3] != "total"]


def slab_debug(text: str) -> Row:
    """Debug flags of each cache, and its counts of errors by kind."""
    quarantine, kinds, caches = 0, [], []
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["#", "quarantine"]:
            quarantine = int(words[2])
        elif words[:2] == ["#", "set"]:
            kinds = words[3:]
        elif words and words[0] != "#" and len(words) == len(kinds) + 2:
            counts = dict(zip(kinds, map(int, words[2:])))
            caches.append({"flags": words[0].replace("-", ""), "cache": words[1], **counts})
    return {"quarantine_bytes": quarantine, "kinds": kinds, "caches": caches}


def reply_handles(reply: str) -> list[int]:
    """The first and the last handle of a reply of the file alloc."""
    numbers = [int(n) for n in re.findall(r"\d+", reply)]
    return [numbers[0], numbers[-1]] if re.match(r"handles? \d", reply) else []
