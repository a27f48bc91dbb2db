# SPDX-License-Identifier: GPL-2.0
"""The subcommands that write: create, remove, alloc, free, debug, fuzz."""

import argparse
import contextlib
import sys
import threading
import time
from collections.abc import Iterator

from carveoutlib import parse, text
from carveoutlib.debugfs import FAULTY, USAGE, Carveout, Debugfs, Problem
from carveoutlib.show import print_json, print_lines


def print_reply(args: argparse.Namespace, reply: str, **more: object) -> None:
    if args.json:
        print_json({"reply": reply, **more})
    else:
        print(reply)


@contextlib.contextmanager
def clock(what: str) -> Iterator[None]:
    """Shows on a terminal what is done, and for how long, while the kernel works on a line."""
    if not text.is_terminal(sys.stderr):
        yield
        return
    done, start = threading.Event(), time.monotonic()

    def tick() -> None:
        while not done.wait(0.5):
            print(f"\r{what}: {time.monotonic() - start:.0f} s \033[K", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def run_create(files: Debugfs, args: argparse.Namespace) -> int:
    print_reply(args, files.command("create", f"{args.name}:{args.zones}"))
    return 0


def run_remove(files: Debugfs, args: argparse.Namespace) -> int:
    for carveout in files.chosen(args.names):
        print_reply(args, files.command("remove", carveout.name))
    return 0


def run_alloc(files: Debugfs, args: argparse.Namespace) -> int:
    reply = files.get(args.name).command("alloc", " ".join(args.words))
    print_reply(args, reply, handles=parse.reply_handles(reply))
    return 0


def run_free(files: Debugfs, args: argparse.Namespace) -> int:
    """Frees ranges of handles one after the other: the file takes one a line."""
    carveout = files.get(args.name)
    lines = [" ".join(args.words)] if args.words[0] == "cache" else args.words
    for line in lines:
        print_reply(args, carveout.command("free", line))
    return 0


def debug_line(args: argparse.Namespace) -> str:
    if args.quarantine:
        return f"quarantine {args.quarantine}"
    if args.off:
        return f"- {args.off}"
    return f"{args.flags} {args.cache}" if args.flags else ""


def show_debug(carveout: Carveout, as_json: bool) -> None:
    data = parse.slab_debug(carveout.read("slab_debug"))
    if as_json:
        print_json(data)
        return
    columns = ["cache", "flags", *data["kinds"]]
    print_lines([f"quarantine of {text.size(data['quarantine_bytes'])} for each cache",
                 *text.table([c.upper() for c in columns],
                             [[cache[c] or "-" for c in columns] for cache in data["caches"]], left=(0, 1))])


def run_debug(files: Debugfs, args: argparse.Namespace) -> int:
    carveout = files.get(args.name)
    if args.flags and not args.cache:
        raise Problem("debug NAME FLAGS CACHE: which caches? * stands for any characters", USAGE)
    if line := debug_line(args):
        carveout.command("slab_debug", line)
    show_debug(carveout, args.json)
    return 0


def run_fuzz(files: Debugfs, args: argparse.Namespace) -> int:
    """Runs the fuzzer; fails with FAULTY if it finds something."""
    carveout = files.get(args.name)
    try:
        with clock(f"fuzzing {carveout.name}"):
            reply = carveout.command("fuzz", " ".join(args.words))
    except Problem:
        reply = carveout.read("fuzz").rstrip("\n")
        if "\nresult error" not in reply:
            raise
        print_reply(args, reply)
        return FAULTY
    print_reply(args, reply)
    return 0
