#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of carveoutctl on files that scripts/record-debugfs recorded: python3 tools/tests/test_carveoutctl.py"""

import contextlib
import errno
import io
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from unittest import mock
from xml.etree import ElementTree

HERE = pathlib.Path(__file__).absolute().parent
sys.path.insert(0, str(HERE.parent))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from carveoutlib import bench, debugfs, main, parse, snapshot, svg, text, top  # noqa: E402

RECORDED = HERE / "recorded"
FILES = debugfs.Debugfs(RECORDED)


def read(name: str, file: str) -> str:
    return FILES.get(name).read(file)


class Tool(unittest.TestCase):
    """Runs the tool on a copy of the recorded files, which it may write to."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.root = self.directory / "debugfs"
        shutil.copytree(RECORDED, self.root)
        self.files = self.root / "carveout"

    def run_tool(self, *words, root=None):
        """Runs it; returns the exit status, and what it prints."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main.main(["--debugfs", str(root or self.root), *words])
            except SystemExit as stopped:
                status = stopped.code
        return status, out.getvalue(), err.getvalue()

    def works(self, *words):
        status, out, err = self.run_tool(*words)
        self.assertEqual((status, err), (0, ""), words)
        return out

    def fails(self, status, reason, *words, root=None):
        got, out, err = self.run_tool(*words, root=root)
        self.assertEqual((got, out), (status, ""), err)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertRegex(err, f"^carveoutctl: .*{reason}")


class Parsers(unittest.TestCase):
    """Figures of different files must agree with each other."""

    def setUp(self):
        self.stats = snapshot.read_stats(FILES.get("default"))

    def test_kinds_of_pages_add_up(self):
        kinds = dict((kind.key, count) for kind, count in snapshot.page_kinds(self.stats))
        self.assertEqual(sum(kinds.values()), self.stats["pages"])
        self.assertEqual(kinds["other"], 0)
        self.assertEqual(kinds["area"], 1355)

    def test_free_blocks_add_up_to_free_pages(self):
        zones = parse.by_order(read("default", "buddyinfo"))
        self.assertEqual(sum(n << i for zone in zones for i, n in enumerate(zone["orders"])),
                         self.stats["pages_free"])
        self.assertEqual((zones[0]["node"], zones[0]["zone"]), (0, "DMA32"))
        self.assertEqual(snapshot.largest_free(zones), self.stats["largest_free_order"])

    def test_usable_part_is_what_the_unusable_index_leaves(self):
        zones = parse.by_order(read("default", "buddyinfo"))
        for order, index in enumerate(parse.by_order(read("default", "unusable_index"))[0]["orders"]):
            self.assertAlmostEqual(snapshot.usable(zones, order), 1 - index, delta=0.001)

    def test_nothing_free_has_no_usable_part(self):
        self.assertIsNone(snapshot.usable([{"orders": [0, 0]}], 0))
        self.assertIsNone(snapshot.largest_free([{"orders": [0, 0]}]))

    def test_zones(self):
        zone, = parse.zoneinfo(read("default", "zoneinfo"))
        self.assertEqual({key: zone[key] for key in ("free", "min", "low", "high", "managed", "cpus")},
                         {"free": 12507, "min": 254, "low": 317, "high": 381, "managed": 16237, "cpus": 2})

    def test_caches(self):
        caches = {cache["name"]: cache for cache in parse.slabinfo(read("default", "slabinfo"))}
        self.assertEqual(len(caches), self.stats["caches"])
        self.assertEqual(sum(c["active"] for c in caches.values()), self.stats["objects"])
        self.assertEqual(sum(c["slabs"] for c in caches.values()), self.stats["slabs"])
        self.assertEqual((caches["frames"]["size"], caches["frames"]["active"]), (1504, 120))

    def test_page_map(self):
        pagemap = parse.pagemap(read("default", "pagemap"))
        self.assertEqual((pagemap["pages"], pagemap["page_bytes"], pagemap["cell_pages"]), (16384, 4096, 4))
        self.assertEqual(sum(len(row["cells"]) for row in pagemap["rows"]), 16384 / 4)
        self.assertEqual(sum(entry["pages"] for entry in pagemap["legend"]), 16384)
        self.assertEqual([entry["letter"] for entry in pagemap["legend"]],
                         [kind.letter for kind in sorted(
                             snapshot.KINDS, key=lambda kind: "BMPKSVDUIXC.".index(kind.letter))])

    def test_page_map_of_several_zones(self):
        pagemap = parse.pagemap("8 pages of 4 KiB; a character stands for 1, a row for 256 KiB\n"
                                "0000000000 zone DMA32\n0000004000 zone HighMem\n0000000000 BP..C...\n"
                                "B        1 carved at boot for metadata\n")
        self.assertEqual(pagemap["zones"], [{"offset": 0, "zone": "DMA32"}, {"offset": 0x4000, "zone": "HighMem"}])
        self.assertEqual(pagemap["rows"], [{"offset": 0, "cells": "BP..C..."}])

    def test_allocations(self):
        rows = snapshot.read_allocations(FILES.get("default"), self.stats,
                                         parse.slabinfo(read("default", "slabinfo")))
        held = {(row["what"], row["by"].split("+")[0]): row for row in rows}
        self.assertEqual(held["blocks of pages", "carve_handles_alloc"]["bytes"], 693 * 4096)
        self.assertEqual(held["objects of kmalloc-2k", "init_classes"]["bytes"], 100 * 2048)
        self.assertEqual(held["objects of frames", "alloc_handle_object"]["bytes"], 180000)
        self.assertEqual(held["user space", "mapper[51] (2048 mapped)"]["bytes"], 768 * 4096)

    def test_every_kind_of_allocation(self):
        rows = parse.allocations(
            "2 DMA buffers, 5 pages, by f+0x1/0x2 [m]\n"
            "7 more, 9 pages, by others\n"
            "300 bytes in 3 objects of cache a-b, the oldest for 5 ms, by f+0x1/0x2 [m]\n"
            "    f+0x1/0x2 [m]\n    g+0x3/0x4 [m]\n"
            "100 bytes in 1 objects by others\n"
            "4 pages of user space, 1 of them pinned by I/O, opened by my program[9], closed\n"
            "2 pages mapped with carve_kmap()\n", 4096, [])
        self.assertEqual([row["bytes"] for row in rows], [20480, 36864, 300, 100, 16384, 0])
        self.assertEqual(rows[2]["stack"], ["f+0x1/0x2 [m]", "g+0x3/0x4 [m]"])
        self.assertEqual((rows[2]["oldest_ms"], rows[3]["oldest_ms"]), (5, None))
        self.assertEqual(rows[4]["by"], "my program[9], closed (1 of them pinned by I/O)")
        self.assertEqual(rows[5]["what"], "2 pages mapped with carve_kmap()")
        self.assertEqual(parse.allocations("nothing is allocated\n", 4096, []), [])

    def test_handles(self):
        handles = parse.handles(read("default", "handles"))
        self.assertEqual(len(handles), self.stats["handles"])
        self.assertEqual(handles[0], {"handle": 1, "what": "frames", "bytes": 1504, "offset": "0xb0008"})

    def test_programs(self):
        program, = parse.user(read("default", "user"))
        self.assertEqual(program["touched_kib"] * 1024, self.stats["user_touched_bytes"])
        self.assertEqual((program["program"], program["uid"], program["closed"]), ("mapper", 0, False))

    def test_named_buffer(self):
        rows = parse.user("       7          0 my program            8192          400            0 as video-1\n"
                          "       8       1000 other                  100           40           40 closed as x\n")
        self.assertEqual([(row["program"], row["uid"], row["closed"], row["name"]) for row in rows],
                         [("my program", 0, False, "video-1"), ("other", 1000, True, "x")])

    def test_debugging(self):
        data = parse.slab_debug(read("default", "slab_debug"))
        self.assertEqual(data["quarantine_bytes"], 1048576)
        self.assertEqual(len(data["caches"]), self.stats["caches"])
        self.assertEqual([c["cache"] for c in data["caches"] if c["flags"] == "U"], ["frames"])

    def test_replies(self):
        self.assertEqual(parse.reply_handles("handles 5-44"), [5, 44])
        self.assertEqual(parse.reply_handles("handle 5"), [5, 5])
        self.assertEqual(parse.reply_handles("cache foo9"), [])


class Texts(unittest.TestCase):
    def test_sizes(self):
        self.assertEqual([text.size(n) for n in (0, 100, 1536, 64 << 20, 5 << 40)],
                         ["0 B", "100 B", "1.5 KiB", "64 MiB", "5 TiB"])

    def test_gauges(self):
        self.assertEqual([len(text.gauge(n, 300)) for n in (0, 1, 100, 300)], [0, 1, 10, 30])
        self.assertEqual(text.gauge(0, 0), "")

    def test_tables_are_aligned(self):
        self.assertEqual(text.table(["a", "b"], [["xx", 1], ["y", 22]]), ["a    b", "xx   1", "y   22"])

    def test_colours(self):
        self.assertTrue(text.wants_colour("always"))
        self.assertFalse(text.wants_colour("never"))
        with mock.patch.dict(os.environ, NO_COLOR="1"):
            self.assertFalse(text.wants_colour("auto"))


class Reading(Tool):
    def test_list(self):
        lines = self.works("list").splitlines()
        self.assertRegex(lines[1], r"^default +64 MiB +51.7 MiB +80.7 % +32 MiB +641 +0 +0 +DMA32@0$")
        self.assertEqual(len(lines), 3)
        found = json.loads(self.works("list", "--json"))
        self.assertEqual([c["name"] for c in found], ["default", "video"])
        self.assertEqual(found[0]["free_bytes"], (12507 + 723) * 4096)

    def test_options_may_stand_before_the_command(self):
        self.assertEqual(self.works("--json", "list"), self.works("list", "--json"))

    def test_show(self):
        said = self.works("show", "default")
        self.assertRegex(said, r"(?m)^vmalloc areas +1355 +5.3 MiB +8.3 % +##$")
        self.assertRegex(said, r"(?m)^zone DMA32, node 0 +12507 +254 +317 +381 +16237$")
        self.assertEqual(json.loads(self.works("show", "--json"))[1]["name"], "video")

    def test_map(self):
        said = self.works("map", "video")
        self.assertIn("0000000000 BBBBB", said)
        self.assertIn("62 rows of free pages only", said)
        self.assertNotIn("\033", said)
        self.assertEqual(self.works("map", "--all", "video").count("\n"), 64 + 5)
        painted = self.works("map", "--color", "always", "video")
        self.assertEqual(re.sub("\033\\[[0-9;]*m", "", painted), said)
        self.assertIn(f"\033[97;48;5;33m{'P' * 14}\033[0m", painted)
        self.assertEqual(json.loads(self.works("map", "--json", "video"))["video"]["pages"], 4096)

    def test_allocations(self):
        lines = self.works("allocations", "default").splitlines()
        self.assertEqual(lines[0], "default: 1409 allocations")
        self.assertRegex(lines[2], r"^ +5 MiB +5  vmalloc areas +alloc_area\+")
        (self.files / "default/allocations").write_text("nothing is allocated\n", encoding="utf-8")
        self.assertEqual(self.works("allocations", "default"), "default: 0 allocations\n")

    def test_validate(self):
        self.assertEqual(self.works("validate"), "default: ok\nvideo: ok\n")
        (self.files / "video/validate").write_text("zone DMA32: too many\n1 violations\n", encoding="utf-8")
        status, out, _ = self.run_tool("validate")
        self.assertEqual((status, out.splitlines()[2]), (debugfs.FAULTY, "video: 1 violations"))


class Errors(Tool):
    def test_unknown_names_are_told_the_known_ones(self):
        for words in (["show", "nope"], ["map", "nope"], ["alloc", "nope", "pages", "1"], ["remove", "nope"],
                      ["bench", "nope"], ["top", "nope"], ["report", "nope"]):
            self.fails(debugfs.UNKNOWN, "no carveout nope; there are: default, video$", *words)

    def test_missing_directory(self):
        self.fails(debugfs.UNREACHABLE, "has no directory carveout: --debugfs takes", "list", root=self.directory)

    def default_root(self, **patches):
        """The reason when the usual directory can't be read, with these functions of os patched."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.object(debugfs, "DEFAULT_ROOT", str(self.directory)))
            for name, result in patches.items():
                target = {"ismount": "os.path.ismount", "exists": "os.path.exists"}.get(name, name)
                stack.enter_context(mock.patch(target, return_value=result) if "." in target else
                                    mock.patch.object(debugfs, target, return_value=result))
            return self.run_tool("list", root=self.directory)

    def test_not_mounted(self):
        status, _, err = self.default_root(ismount=False, first_line="quiet")
        self.assertEqual(status, debugfs.UNREACHABLE)
        self.assertIn("debugfs is not mounted: mount -t debugfs debugfs ", err)

    def test_switched_off(self):
        self.assertIn("boot without debugfs=off", self.default_root(first_line="ro debugfs=off")[2])

    def test_module_not_loaded(self):
        self.assertIn("the module carveout is not loaded: modprobe carveout size=64M",
                      self.default_root(ismount=True, exists=False, first_line="")[2])

    def test_loaded_without_files(self):
        self.assertIn("is loaded, but has no files", self.default_root(ismount=True, exists=True, first_line="")[2])

    def test_not_root(self):
        denied = PermissionError(errno.EACCES, "Permission denied")
        with mock.patch("os.scandir", side_effect=denied), mock.patch("os.geteuid", return_value=1000):
            self.fails(debugfs.UNREACHABLE, "only root can open .*: use sudo$", "list")

    def test_lockdown(self):
        denied = PermissionError(errno.EPERM, "Operation not permitted")
        with mock.patch("os.open", side_effect=denied), mock.patch("os.geteuid", return_value=0):
            self.fails(debugfs.UNREACHABLE, "kernel lockdown denies .*alloc: .* make carveouts by size=",
                       "alloc", "default", "pages", "0")

    def refused(self, error, reply, *words):
        """The kernel refuses the line: writing it fails, and reading the file gives the reason."""
        def refuse(descriptor, _):
            os.write(descriptor, reply.encode())
            raise OSError(error, os.strerror(error))
        with mock.patch.object(debugfs, "write_line", refuse):
            return self.run_tool(*words)

    def test_refusals_give_the_kernels_reason(self):
        said = self.refused(errno.EINVAL, 'error: order "30" is not a number from 0 to 14\n',
                            "alloc", "default", "pages", "30")
        self.assertEqual(said, (debugfs.REFUSED, "",
                                'carveoutctl: default: order "30" is not a number from 0 to 14\n'))

    def test_refusal_without_a_reason_gives_the_errno(self):
        said = self.refused(errno.ENOMEM, "", "alloc", "default", "pages", "3")
        self.assertEqual(said[2], "carveoutctl: default: alloc: Cannot allocate memory\n")

    def test_fuzzer_that_finds_something(self):
        report = "run seed=1 steps=9\nresult error: overlap\nreplay seed=1 steps=4\nerror: overlap\n"
        status, out, err = self.refused(errno.EUCLEAN, report, "fuzz", "video", "seed=1", "steps=9")
        self.assertEqual((status, err), (debugfs.FAULTY, ""))
        self.assertIn("replay seed=1 steps=4", out)

    def test_fuzzer_that_is_refused(self):
        said = self.refused(errno.EBUSY, "write any of seed=1\nerror: something is allocated\n", "fuzz", "video")
        self.assertEqual(said, (debugfs.REFUSED, "", "carveoutctl: video: something is allocated\n"))

    def test_wrong_usage(self):
        for words in ([], ["nonsense"], ["top", "-d", "x"], ["top", "--sort", "x"], ["create", "a"],
                      ["bench", "video", "--batches", "0"]):
            status, out, err = self.run_tool(*words)
            self.assertEqual((status, out), (debugfs.USAGE, ""), words)
            self.assertIn("usage: carveoutctl", err)
        self.fails(debugfs.USAGE, "which caches", "debug", "default", "FZP")
        self.fails(debugfs.USAGE, "which format", "export")

    def test_file_that_an_older_module_lacks(self):
        (self.files / "video/unusable_index").unlink()
        self.fails(debugfs.UNREACHABLE, "video has no file unusable_index", "show", "video")

    def test_closed_pipe_is_no_error(self):
        tool = subprocess.run(
            f"{HERE.parent}/carveoutctl --debugfs {self.root} show --json | true; exit ${{PIPESTATUS[0]}}",
            shell=True, executable="/bin/bash", capture_output=True, text=True, check=False)
        self.assertEqual((tool.returncode, tool.stderr), (0, ""))


class Writing(Tool):
    """A recorded file keeps the line that was written to it."""

    def wrote(self, file, line, *words):
        self.works(*words)
        self.assertEqual((self.files / file).read_text(encoding="utf-8"), line + "\n")

    def test_lines(self):
        self.wrote("create", "net:60M,4M(dma32)", "create", "net", "60M,4M(dma32)")
        self.wrote("remove", "video", "remove", "video")
        self.wrote("default/alloc", "kmalloc 100 GFP_ATOMIC x3", "alloc", "default", "kmalloc", "100",
                   "GFP_ATOMIC", "x3")
        self.wrote("default/free", "7-16", "free", "default", "7-16")
        self.wrote("default/free", "cache foo", "free", "default", "cache", "foo")
        self.wrote("video/fuzz", "seed=1 steps=50", "fuzz", "video", "seed=1", "steps=50")

    def test_debugging(self):
        table = (self.files / "default/slab_debug").read_text(encoding="utf-8")
        with mock.patch.object(debugfs, "run_command", return_value=table) as command:
            said = self.works("debug", "default", "FZP", "kmalloc-*")
            self.works("debug", "default", "--off", "*")
            self.works("debug", "default", "--quarantine", "64K")
            self.works("debug", "default")
        self.assertEqual([call.args[1] for call in command.mock_calls],
                         ["FZP kmalloc-*", "- *", "quarantine 64K"])
        self.assertRegex(said, r"(?m)^frames +U +-")

    def test_handles_as_json(self):
        with mock.patch.object(debugfs, "run_command", return_value="handles 5-44"):
            self.assertEqual(json.loads(self.works("alloc", "default", "pages", "0", "x40", "--json")),
                             {"reply": "handles 5-44", "handles": [5, 44]})


class Top(Tool):
    def setUp(self):
        super().setUp()
        carveouts = debugfs.Debugfs(self.root).chosen([])
        self.old = top.look(carveouts)
        path = self.files / "default/allocations"
        changed = path.read_text(encoding="utf-8").replace("100 objects of cache kmalloc-2k",
                                                           "150 objects of cache kmalloc-2k")
        path.write_text(changed.replace("3 large kmallocs, 48 pages", "1 blocks of pages, 9 pages"),
                        encoding="utf-8")
        self.new = top.look(carveouts) | {"time": self.old["time"] + 2}

    def test_rates(self):
        rows = {row["what"]: row for row in top.holder_rows(self.new, self.old, "rate")
                if row["carveout"] == "default"}
        self.assertEqual(rows["objects of kmalloc-2k"]["rate"], 50 * 2048 / 2)
        self.assertEqual(rows["large kmallocs"]["rate"], -48 * 4096 / 2)
        self.assertEqual(rows["large kmallocs"]["bytes"], 0)
        self.assertEqual(rows["user space"]["rate"], 0)

    def test_first_sample_has_no_rates(self):
        self.assertEqual({row["rate"] for row in top.holder_rows(self.new, None, "bytes")}, {None})

    def test_orders(self):
        for sort in ("bytes", "count", "rate"):
            figures = [abs(row[sort]) for row in top.holder_rows(self.new, self.old, sort)]
            self.assertEqual(figures, sorted(figures, reverse=True), sort)
        names = [row["what"] for row in top.holder_rows(self.new, self.old, "what")]
        self.assertEqual(names, sorted(names))

    def test_plain(self):
        said = self.works("top", "-n", "2", "-d", "0.01", "--sort", "count")
        self.assertEqual(len(re.findall("(?m)^CARVEOUT +SIZE", said)), 2)

    def test_screen(self):
        """With a terminal of its own; q ends it."""
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(TERM="xterm", LINES="24", COLUMNS="100")
            os.execv(HERE.parent / "carveoutctl", ["carveoutctl", "--debugfs", str(self.root), "top", "-d", "60"])
        said = b""
        while b"init_classes" not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, b"q")
        with contextlib.suppress(OSError):
            while os.read(terminal, 4096):
                pass
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        os.close(terminal)
        self.assertIn(b"sorted by bytes", said)


class Bench(Tool):
    def test_headlines_are_run_one_by_one(self):
        recorded = (self.files / "default/bench.json").read_text(encoding="utf-8")
        with mock.patch.object(debugfs, "run_command", return_value="") as command:
            lines = self.works("bench", "default").splitlines()
        said = [call.args[1] for call in command.mock_calls]
        self.assertEqual(len(said), len({case for case, _ in bench.HEADLINES}))
        self.assertIn("run 50 engine=here page_pair sizes=0,4,9", said)
        self.assertEqual(len(lines), 1 + len(json.loads(recorded)["results"]))

    def test_all_is_every_layer(self):
        picture = self.directory / "ratios.svg"
        with mock.patch.object(debugfs, "run_command", return_value="") as command:
            found = json.loads(self.works("bench", "video", "all", "--json", "--batches", "5", "--svg", str(picture)))
        self.assertEqual([call.args[1].split()[-1] for call in command.mock_calls], bench.LAYERS)
        self.assertEqual({r["engine"] for r in found["results"]}, {"here"})
        self.assertIn("kmalloc_pair 64", picture.read_text(encoding="utf-8"))
        ElementTree.parse(picture)

    def test_nothing_could_be_timed(self):
        empty = (self.files / "default/bench.json").read_text(encoding="utf-8").split('"results"')[0]
        (self.files / "default/bench.json").write_text(empty + '"results":[]}', encoding="utf-8")
        with mock.patch.object(debugfs, "run_command", return_value=""):
            self.fails(debugfs.REFUSED, "no case of these could be timed", "bench", "default", "page")

    def test_runs_of_a_case_are_merged(self):
        def run(median, most):
            figure = {"median": median, "p99": median, "max": most}
            return {"case": "c", "size": 1, "cpus": 1, "carve": figure,
                    "native": {"median": 3 * median, "p99": 0, "max": 1}, "ratio": 0}
        merged, = bench.one_of_each([run(10, 5), run(30, 7), run(20, 6), run(0, 0)])
        self.assertEqual((merged["carve"]["median"], merged["carve"]["max"], merged["ratio"]), (20, 7, 3))

    def test_pictures_are_drawn(self):
        results = bench.last_run(FILES.get("default"))
        for picture in (bench.draw_ratios(results), bench.draw_costs(results)):
            ElementTree.fromstring(picture)
        self.assertIn("page_pair 9", bench.draw_ratios(results))

    def test_logarithmic_scale(self):
        at, marks = svg.log_scale([2, 500], 0, 300)
        self.assertEqual(marks, [1, 10, 100, 1000])
        self.assertEqual([round(at(f)) for f in (1, 10, 1000)], [0, 100, 300])


class Tags(HTMLParser):
    """Checks that all tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


class Report(Tool):
    def write(self, *words):
        path = self.directory / "r.html"
        self.assertEqual(self.works("report", "-o", str(path), "--seconds", "0.02", "--samples", "3", *words),
                         f"written: {path}\n")
        return path.read_text(encoding="utf-8")

    def test_page(self):
        page = self.write()
        tags = Tags()
        tags.feed(page)
        self.assertEqual((tags.open, tags.wrong), ([], []))
        for picture in re.findall("<svg .*?</svg>", page, re.S):
            ElementTree.fromstring(picture)
        for part in ("Page map", "Fragmentation now", "Fragmentation over time", "Who holds what", "Caches",
                     "Timings beside", "page_pair", "mapper[51]"):
            self.assertIn(part, page)
        self.assertEqual(page.count("<section>"), 3)
        self.assertEqual(re.findall(r"<(?:script|link|img)|(?:src|href)=|url\(", page), [])

    def test_names_are_escaped(self):
        path = self.files / "default/allocations"
        path.write_text("1 pages of user space, 1 mapped, opened by <b>&[1]\n", encoding="utf-8")
        self.assertIn("&lt;b&gt;&amp;[1]", self.write("default"))

    def test_timings_from_a_file(self):
        results = bench.last_run(FILES.get("video"))
        path = self.directory / "bench.json"
        path.write_text(json.dumps({"results": results}), encoding="utf-8")
        self.assertIn("kmalloc_pair", self.write("--bench", str(path), "default"))
        path.write_text("[]", encoding="utf-8")
        self.fails(debugfs.USAGE, "has no results of a benchmark", "report", "--bench", str(path),
                   "--seconds", "0.01", "--samples", "1", "-o", "-")


class Export(Tool):
    def test_prometheus(self):
        out = self.works("export", "--prometheus")
        families, kinds = [], {}
        for line in out.splitlines():
            if match := re.fullmatch(r"# TYPE (\w+) (gauge|counter)", line):
                kinds[match[1]] = match[2]
                families.append(match[1])
            elif not line.startswith("# HELP "):
                match = re.fullmatch(r'(\w+)\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\} [-+.e0-9]+', line)
                self.assertIsNotNone(match, line)
                self.assertEqual(match[1], families[-1])
        self.assertEqual(len(families), len(set(families)))
        self.assertEqual(kinds["carveout_bad_frees_total"], "counter")
        self.assertIn('carveout_pages{carveout="default",kind="user"} 768\n', out)
        self.assertIn('carveout_free_blocks{carveout="default",node="0",zone="DMA32",order="0"} 33\n', out)
        self.assertIn('carveout_cache_objects{carveout="default",cache="frames"} 120\n', out)

    def test_file_is_replaced_as_a_whole(self):
        path = self.directory / "carveout.prom"
        self.works("export", "--prometheus", "-o", str(path), "video")
        self.assertTrue(path.read_text(encoding="utf-8").startswith("# HELP carveout_bytes"))
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertEqual(sorted(p.name for p in self.directory.iterdir()), ["carveout.prom", "debugfs"])
        self.fails(debugfs.REFUSED, "can't write .*/none/x: No such file", "export", "--prometheus", "-o",
                   str(self.directory / "none/x"))

    def test_json(self):
        found = json.loads(self.works("export", "--json"))
        self.assertEqual({"stats", "buddyinfo", "caches", "allocations", "pagemap", "user", "handles"}
                         - set(found[0]), set())


class Documents(unittest.TestCase):
    """Man page, completion and docs/tools.md have each command and option."""

    def setUp(self):
        # pylint: disable=protected-access
        self.commands = next(action.choices for action in main.build_parser()._actions if action.dest == "command")
        self.options = {name: {option for option in command._option_string_actions if option.startswith("--")}
                        for name, command in self.commands.items()}

    def words(self, path):
        return set(re.findall(r"[\w-]+", (HERE.parent / path).read_text(encoding="utf-8").replace("Fl -", "--")))

    def test_man_page(self):
        words = self.words("carveoutctl.8")
        self.assertEqual(set(self.commands) - words, set())
        self.assertEqual(set().union(*self.options.values()) - words, set())

    def test_tools_md(self):
        table = re.findall(r"(?m)^\| `(\w+)", (HERE.parents[1] / "docs/tools.md").read_text(encoding="utf-8"))
        self.assertEqual(table, list(self.commands))

    def complete(self, *words):
        """What bash offers for the last word."""
        script = '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _carveoutctl; printf "%s\\n" "${COMPREPLY[@]}"'
        said = subprocess.run(["bash", "-c", script, HERE.parent / "carveoutctl.bash", "carveoutctl", *words],
                              check=True, capture_output=True, text=True,
                              env=os.environ | {"CARVEOUT_DEBUGFS": str(RECORDED)})
        self.assertEqual(said.stderr, "")
        return said.stdout.split()

    def test_completion_has_all_commands_and_options(self):
        self.assertEqual(self.complete(""), list(self.commands))
        for name, options in self.options.items():
            self.assertEqual(set(self.complete(name, "--")), options, name)

    def test_completion_of_arguments(self):
        self.assertEqual(self.complete("show", ""), ["default", "video"])
        self.assertEqual(self.complete("--json", "alloc", "v"), ["video"])
        self.assertEqual(self.complete("alloc", "default", "cache_alloc", "f"), ["frames"])
        self.assertEqual(self.complete("alloc", "default", "pages", ""), [])
        self.assertEqual(self.complete("debug", "default", "--off", "fr"), ["frames"])
        self.assertEqual(self.complete("top", "--sort", ""), top.SORTS)
        self.assertEqual(self.complete("--debugfs", "/nowhere", "show", ""), [])


if __name__ == "__main__":
    unittest.main()
