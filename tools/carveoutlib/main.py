# SPDX-License-Identifier: GPL-2.0
"""The command line of carveoutctl."""

import argparse
import os
import sys
from collections.abc import Callable

from carveoutlib import bench, control, debugfs, export, report, show, top
from carveoutlib.debugfs import Debugfs, Problem

Command = Callable[[Debugfs, argparse.Namespace], int]

EPILOGUE = """exit status: 0 success; 1 the kernel refused, or the request failed; 2 wrong usage; 3 the
files can't be reached (not root, debugfs not mounted, locked down, module not loaded); 4 no such carveout;
5 fuzz or validate found a fault"""


def positive(word: str) -> int:
    number = int(word)
    if number < 1:
        raise ValueError
    return number


def seconds(word: str) -> float:
    number = float(word)
    if not 0.01 <= number <= 1e6:
        raise ValueError
    return number


# argparse says "invalid NAME value"
positive.__name__ = "number (1 or more)"
seconds.__name__ = "number of seconds"


def general_options(defaults: bool) -> argparse.ArgumentParser:
    """Options that may stand before the command, with defaults, or behind it, without."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=None if defaults else argparse.SUPPRESS)
    add = parser.add_argument
    add("--debugfs", metavar="DIR", help="where debugfs is mounted, or a copy of its files;"
        " $CARVEOUT_DEBUGFS is the default, then " + debugfs.DEFAULT_ROOT)
    add("--json", action="store_const", const=True, help="print JSON")
    add("--color", choices=["auto", "always", "never"], help="of the map: auto is on terminals")
    if defaults:
        parser.set_defaults(debugfs=os.environ.get("CARVEOUT_DEBUGFS", debugfs.DEFAULT_ROOT), json=False,
                            color="auto")
    return parser


class Commands:
    """The subcommands, each with its arguments."""

    def __init__(self, parser: argparse.ArgumentParser):
        self.parsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(self, name: str, run: Command, what: str) -> argparse.ArgumentParser:
        parser = self.parsers.add_parser(name, help=what, description=what, parents=[general_options(False)])
        parser.set_defaults(run=run)
        return parser

    def add_with_names(self, name: str, run: Command, what: str) -> argparse.ArgumentParser:
        parser = self.add(name, run, what)
        parser.add_argument("names", nargs="*", metavar="NAME", help="carveouts; all without a name")
        return parser


def add_readers(commands: Commands) -> None:
    commands.add("list", show.run_list, "list all carveouts")
    commands.add_with_names("show", show.run_show, "what pages are used for, free blocks, watermarks, caches")
    parser = commands.add_with_names("map", show.run_map, "a picture of the pages, in colour")
    parser.add_argument("--all", action="store_true", help="rows of free pages, too")
    commands.add_with_names("allocations", show.run_allocations, "who holds what, the largest first")
    commands.add_with_names("validate", show.run_validate, "walk every invariant of every layer")


def add_top(commands: Commands) -> None:
    parser = commands.add_with_names("top", top.run_top, "who holds what, live, with changes per second")
    parser.add_argument("-s", "--sort", choices=top.SORTS, default="bytes", help="order of the rows (%(default)s)")
    parser.add_argument("-d", "--interval", type=seconds, default=2, help="seconds between looks (%(default)s)")
    parser.add_argument("-n", "--iterations", type=positive, help="number of looks; without it, until q or Ctrl-C")
    parser.add_argument("-b", "--batch", action="store_true", help="plain tables, one after the other")


def add_writers(commands: Commands) -> None:
    parser = commands.add("create", control.run_create, "create a carveout")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("zones", metavar="SIZE[@SOURCE][%NODE][(TYPE)][,…]",
                        help="its zones, as in the module's parameter carveouts=: 64M, 60M,4M(dma32), 16M@cma")
    parser = commands.add("remove", control.run_remove, "remove carveouts that are not in use")
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser = commands.add("alloc", control.run_alloc, "allocate by hand; prints the handles")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("words", nargs="+", metavar="WHAT", help="pages ORDER | exact SIZE | kmalloc SIZE |"
                        " vmalloc SIZE | vzalloc SIZE | cache_create CACHE SIZE [ALIGN] | cache_alloc CACHE;"
                        " then GFP flags and xN")
    parser = commands.add("free", control.run_free, "free what was allocated by hand")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("words", nargs="+", metavar="HANDLES", help="7, 7-16, all, or cache CACHE to destroy it")


def add_finders(commands: Commands) -> None:
    parser = commands.add("debug", control.run_debug, "object debugging: show it, or switch it for caches")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("flags", nargs="?", metavar="FLAGS", help="of F, Z, P, U, Q: see docs/debugging.md")
    parser.add_argument("cache", nargs="?", metavar="CACHE", help="its name; * stands for any characters")
    parser.add_argument("--off", metavar="CACHE", help="switch it off")
    parser.add_argument("--quarantine", metavar="BYTES", help="what a cache with Q keeps of freed objects")
    parser = commands.add("fuzz", control.run_fuzz, "run the fuzzer on a carveout that nobody uses")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("words", nargs="*", metavar="KEY=VALUE", help="seed=1 steps=10000 cpus=2"
                        " contexts=task,hardirq layers=pages,slab fail_nth=sweep hotplug=1 seconds=60")


def add_bench(commands: Commands) -> None:
    parser = commands.add("bench", bench.run_bench, "compare with the kernel's allocators")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("cases", nargs="*", metavar="CASE",
                        help="cases, layers (slab, kmalloc, page, vmalloc, carveout), or all; without, typical cases")
    parser.add_argument("--batches", type=positive, default=50, help="of each case (%(default)s)")
    parser.add_argument("--sizes", metavar="N,…", help="instead of the cases' own")
    parser.add_argument("--cpus", type=positive, default=1, help="on so many CPUs at once (%(default)s)")
    parser.add_argument("--svg", metavar="FILE", help="draw the ratios as a picture, too")


def add_writers_of_files(commands: Commands) -> None:
    parser = commands.add_with_names("report", report.run_report, "write one HTML page with pictures")
    parser.add_argument("-o", "--output", metavar="FILE", default="carveout.html", help="%(default)s; - prints it")
    parser.add_argument("--seconds", type=seconds, default=5, help="to watch fragmentation (%(default)s)")
    parser.add_argument("--samples", type=positive, default=20, help="taken in this time (%(default)s)")
    parser.add_argument("--bench", metavar="FILE", help="timings from this file: build/bench.json, or the output of"
                        " carveoutctl --json bench; without it, of the last run on these carveouts")
    parser = commands.add_with_names("export", export.run_export, "figures for other programs")
    parser.add_argument("--prometheus", action="store_true", help="as metrics for Prometheus")
    parser.add_argument("-o", "--output", metavar="FILE", help="replace this file, instead of printing")


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="carveoutctl", description="Shows and controls carveouts.",
                                     epilog=EPILOGUE, parents=[general_options(True)])
    commands = Commands(parser)
    for add in (add_readers, add_top, add_writers, add_finders, add_bench, add_writers_of_files):
        add(commands)
    return parser


def main(words: list[str] | None = None) -> int:
    args = build_parser().parse_args(words)
    try:
        status = args.run(Debugfs(args.debugfs), args)
        sys.stdout.flush()
        return status
    except Problem as problem:
        print(f"carveoutctl: {problem}", file=sys.stderr)
        return problem.status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has seen enough; nothing more can be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
