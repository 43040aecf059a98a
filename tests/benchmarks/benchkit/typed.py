# SPDX-License-Identifier: BSL-1.0
"""What a typed handler costs beside one that takes the Request, and a model beside nlohmann/json, by the program
typed_cost under callgrind."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchkit.cases import ITEM_FILE, Case
from benchkit.instructions import count_per_request, read_total
from benchkit.processes import BenchError
from benchkit.servers import Server

FEW, MANY = 500, 2_500


@dataclass(frozen=True)
class TypedCost(Server):
    """The program as a server of the two routes."""

    def command(self, port, case, loops=1):
        return [str(self.binary), "serve", "--port", str(port), "--loops", str(loops), "--access-log", "off",
                "--log-level", "error"]


def instructions(program, case, count):
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        out = Path(folder) / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, case, str(count), ITEM_FILE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise BenchError(f"{program.name} {case}: exit code {done.returncode}: {done.stderr.strip()[-500:]}")
        return read_total(out)


def in_process(program, case):
    """Of one call; the start of the process is in both runs and not in the difference."""
    return round((instructions(program, case, MANY) - instructions(program, case, FEW)) / (MANY - FEW))


def measure_typed(build_dir):
    """{case: instructions}; "served" ones with a connection's share."""
    if not shutil.which("valgrind"):
        raise BenchError("--typed needs valgrind")
    program = build_dir / "tests" / "typed_cost"
    if not program.is_file():
        raise BenchError(f"no such file: {program}")
    result = {}
    print("\nUser instructions (callgrind)")

    def row(name, count, base=None):
        result[name] = count
        beside = f"{count / result[base]:>8.2f} of {base}" if base else ""
        print(f"{name:<20}{count:>10}{beside}", flush=True)

    row("get_request", in_process(program, "get_request"))
    row("get_typed", in_process(program, "get_typed"), "get_request")
    server = TypedCost("typed_cost", program)
    row("served_request", count_per_request(server, Case("request", "/request/42?q=abc", "item")))
    row("served_typed", count_per_request(server, Case("typed", "/typed/42?q=abc", "item")), "served_request")
    row("item_json", in_process(program, "item_json"))
    row("item_ordered_json", in_process(program, "item_ordered_json"), "item_json")
    row("item_model", in_process(program, "item_model"), "item_json")
    return result
