# SPDX-License-Identifier: GPL-2.0
"""All data of one carveout, and figures that are derived from it."""

import dataclasses
import time

from carveoutlib import parse
from carveoutlib.debugfs import Carveout
from carveoutlib.parse import Row


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a page is used for: its counter in the file stats, its letter in pagemap, its colours."""
    key: str
    letter: str
    what: str
    hexadecimal: str
    ansi: int


KINDS = [
    Kind("boot", "B", "metadata", "#7f8c8d", 245),
    Kind("cache_meta", "M", "caches' own structures", "#5d6d7e", 60),
    Kind("used", "P", "pages", "#2e86de", 33),
    Kind("large", "K", "large kmalloc", "#1b4f9c", 25),
    Kind("slab", "S", "slabs", "#e67e22", 208),
    Kind("area", "V", "vmalloc areas", "#8e44ad", 133),
    Kind("dma", "D", "DMA buffers", "#c0392b", 160),
    Kind("user", "U", "user space", "#16a085", 37),
    Kind("user_index", "I", "tables for user space", "#0e6655", 23),
    Kind("broken", "X", "broken memory", "#000000", 16),
    Kind("pcp", "C", "free, per CPU", "#b7e4c7", 151),
    Kind("free", ".", "free", "#e9f7ef", 194),
]
OTHER = Kind("other", "?", "changing, or of a kind this tool doesn't know", "#f4d03f", 220)
BY_LETTER = {kind.letter: kind for kind in KINDS}


def kind_of(letter: str) -> Kind:
    return BY_LETTER.get(letter.upper(), OTHER)


def page_kinds(stats: Row) -> list[tuple[Kind, int]]:
    """The pages of each kind. They may not add up while memory is allocated and freed."""
    counts = [(kind, stats.get(f"pages_{kind.key}", 0)) for kind in KINDS]
    return [*counts, (OTHER, max(0, stats["pages"] - sum(count for _, count in counts)))]


def free_pages(stats: Row) -> int:
    return stats["pages_free"] + stats["pages_pcp"]


def page_bytes(stats: Row) -> int:
    return stats["bytes"] // max(1, stats["pages"])


def usable(zones: list[Row], order: int) -> float | None:
    """The part of free memory in the buddy lists that lies in blocks of this order or larger."""
    pages = [(i, n << i) for zone in zones for i, n in enumerate(zone["orders"])]
    total = sum(n for _, n in pages)
    return sum(n for i, n in pages if i >= order) / total if total else None


def largest_free(zones: list[Row]) -> int | None:
    """The largest order with a free block."""
    return max((i for zone in zones for i, n in enumerate(zone["orders"]) if n), default=None)


def read_stats(carveout: Carveout) -> Row:
    return parse.stats(carveout.read("stats.json"))


def read_allocations(carveout: Carveout, stats: Row, caches: list[Row]) -> list[Row]:
    return parse.allocations(carveout.read("allocations"), page_bytes(stats), caches)


def brief(carveout: Carveout) -> Row:
    """What a list shows of a carveout."""
    stats = read_stats(carveout)
    zones = parse.by_order(carveout.read("buddyinfo"))
    largest = largest_free(zones)
    return {"name": carveout.name, "bytes": stats["bytes"], "free_bytes": free_pages(stats) * page_bytes(stats),
            "largest_free_bytes": page_bytes(stats) << largest if largest is not None else 0,
            "zones": [f"{zone['zone']}@{zone['node']}" for zone in zones],
            "failed_allocations": stats["failed_allocations"], "bad_frees": stats["bad_frees"],
            "handles": stats["handles"]}


def full(carveout: Carveout) -> Row:
    """All data of a carveout that can be read without the right to write."""
    stats = read_stats(carveout)
    caches = parse.slabinfo(carveout.read("slabinfo"))
    return {"name": carveout.name, "time": time.time(), "stats": stats,
            "buddyinfo": parse.by_order(carveout.read("buddyinfo")),
            "unusable_index": parse.by_order(carveout.read("unusable_index")),
            "extfrag_index": parse.by_order(carveout.read("extfrag_index")),
            "zones": parse.zoneinfo(carveout.read("zoneinfo")),
            "caches": caches, "allocations": read_allocations(carveout, stats, caches),
            "handles": parse.handles(carveout.read("handles")), "user": parse.user(carveout.read("user")),
            "pagemap": parse.pagemap(carveout.read("pagemap"))}


def sample(carveout: Carveout) -> Row:
    """The state of free memory at one time."""
    stats = read_stats(carveout)
    zones = parse.by_order(carveout.read("buddyinfo"))
    return {"time": time.monotonic(), "free": free_pages(stats) / max(1, stats["pages"]),
            "usable": {order: usable(zones, order) for order in (4, 9)}, "largest": largest_free(zones)}
