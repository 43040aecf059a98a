# SPDX-License-Identifier: BSL-1.0
"""The servers that are compared, and where their binaries are."""

from dataclasses import dataclass
from pathlib import Path

from benchkit.processes import ServerProcess, free_port

FLOOR = "floor"


@dataclass(frozen=True)
class Server:
    name: str
    binary: Path

    def command(self, port, case, loops=1):
        command = [str(self.binary), "--port", str(port)]
        if self.name == FLOOR:
            command += ["--mode", case.floor_mode]
        elif self.name == "loadtarget":
            command += ["--loops", str(loops), "--access-log", "off", "--log-level", "error"]
        return command

    def start(self, case, loops=1, cores=None, under=(), start_timeout=10, options=()):
        """A ServerProcess to enter; `under` is a command that the server's own, with `options`, is appended to."""
        port = free_port()
        command = [*under, *self.command(port, case, loops), *options]
        return ServerProcess(self.name, command, port, cores, start_timeout)


CANDIDATES = {
    "loadtarget": ("services/loadtarget",),
    FLOOR: ("tests/floor", "tests/benchmarks/floor"),
    "naive_beast": ("tests/naive_beast", "tests/benchmarks/naive_beast"),
}


def find_servers(build_dir, given):
    """The servers whose binary exists, in the order they take turns. `given` maps a name to a path or None."""
    found = {}
    for name, candidates in CANDIDATES.items():
        paths = [Path(given[name])] if given.get(name) else [build_dir / candidate for candidate in candidates]
        binary = next((path.resolve() for path in paths if path.is_file()), None)
        if binary:
            found[name] = Server(name, binary)
        else:
            print(f"skipped {name}: no such file: {' or '.join(map(str, paths))}")
    return found
