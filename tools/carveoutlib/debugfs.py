# SPDX-License-Identifier: GPL-2.0
"""The debugfs files of carveouts, and errors that say what would be right.

Command files take one line for each write; reading the file then gives the reply. docs/debugfs.md
describes the files.
"""

import errno
import os
import pathlib

DEFAULT_ROOT = "/sys/kernel/debug"

# Exit statuses: the kernel refused; wrong usage (as argparse has it); the files can't be reached;
# there is no carveout of this name; the kernel found a fault in the carveout.
REFUSED, USAGE, UNREACHABLE, UNKNOWN, FAULTY = 1, 2, 3, 4, 5


class Problem(Exception):
    """An error for the user: one line, and the exit status."""

    def __init__(self, text: str, status: int = REFUSED):
        super().__init__(text)
        self.status = status


def listed(names: list[str]) -> str:
    return ", ".join(names) if names else "none"


def first_line(path: str) -> str:
    """The first line of a file, or nothing if it can't be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""


def why_denied(path: pathlib.Path, error: OSError) -> Problem:
    """Why a file can't be opened: no root, or kernel lockdown."""
    if os.geteuid() != 0:
        return Problem(f"only root can open {path}: use sudo", UNREACHABLE)
    lockdown = first_line("/sys/kernel/security/lockdown")
    if error.errno == errno.EPERM or "[none]" not in lockdown and lockdown:
        return Problem(f"kernel lockdown denies {path}: files that can be written can't be opened there;"
                       " make carveouts by size= or carveouts= when the module is loaded", UNREACHABLE)
    return Problem(f"{path}: {error.strerror}", UNREACHABLE)


def write_line(descriptor: int, line: str) -> None:
    """Writes the line by one system call, since the kernel takes each write for a line."""
    os.write(descriptor, line.encode() + b"\n")


def run_command(path: pathlib.Path, line: str) -> str:
    """Writes a line to a command file; returns the reply."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    except PermissionError as error:
        raise why_denied(path, error) from error
    try:
        write_line(descriptor, line)
    except OSError as error:
        raise Problem(f"{path.parent.name}: {refusal(path, error)}") from error
    finally:
        os.close(descriptor)
    return path.read_text(encoding="utf-8").rstrip("\n")


def refusal(path: pathlib.Path, error: OSError) -> str:
    """The reason that a command file gives for an error: its last line."""
    try:
        said = path.read_text(encoding="utf-8").rstrip("\n")
    except OSError:
        said = ""
    reason = said.splitlines()[-1] if said else ""
    return reason.removeprefix("error: ") or f"{path.name}: {os.strerror(error.errno)}"


class Carveout:
    """The files of one carveout."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.name = path.name

    def read(self, file: str) -> str:
        path = self.path / file
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except PermissionError as error:
            raise why_denied(path, error) from error
        except FileNotFoundError as error:
            if self.path.exists():
                raise Problem(f"{self.name} has no file {file}: module and tool are of different versions",
                              UNREACHABLE) from error
            raise Problem(f"carveout {self.name} was removed meanwhile", UNKNOWN) from error
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}", UNREACHABLE) from error

    def command(self, file: str, line: str) -> str:
        return run_command(self.path / file, line)


class Debugfs:
    """The directory of all carveouts."""

    def __init__(self, root: str | os.PathLike[str] = DEFAULT_ROOT):
        self.root = pathlib.Path(root)
        self.path = self.root / "carveout"

    def names(self) -> list[str]:
        try:
            return sorted(entry.name for entry in os.scandir(self.path) if entry.is_dir())
        except PermissionError as error:
            raise why_denied(self.path, error) from error
        except OSError as error:
            raise self.why_missing() from error

    def why_missing(self) -> Problem:
        """Why there is no directory carveout."""
        if str(self.root) != DEFAULT_ROOT:
            return Problem(f"{self.root} has no directory carveout: --debugfs takes the directory"
                           f" where debugfs is mounted, usually {DEFAULT_ROOT}", UNREACHABLE)
        if "debugfs=off" in first_line("/proc/cmdline").split():
            return Problem("debugfs is switched off: boot without debugfs=off", UNREACHABLE)
        if not os.path.ismount(self.root):
            return Problem(f"debugfs is not mounted: mount -t debugfs debugfs {self.root}", UNREACHABLE)
        if os.path.exists("/sys/module/carveout"):
            return Problem("the module carveout is loaded, but has no files in debugfs: see dmesg", UNREACHABLE)
        return Problem("the module carveout is not loaded: modprobe carveout size=64M", UNREACHABLE)

    def get(self, name: str) -> Carveout:
        names = self.names()
        if name not in names:
            raise Problem(f"no carveout {name}; there are: {listed(names)}", UNKNOWN)
        return Carveout(self.path / name)

    def chosen(self, names: list[str]) -> list[Carveout]:
        """The named carveouts; without a name, all."""
        return [self.get(name) for name in names or self.names()]

    def command(self, file: str, line: str) -> str:
        self.names()
        return run_command(self.path / file, line)
