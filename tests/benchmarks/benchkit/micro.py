# SPDX-License-Identifier: BSL-1.0
"""What the building blocks of asyncio cost in coroute and in plain Boost.Asio, by the program asyncio_micro."""

import json
import subprocess
import tempfile
from pathlib import Path

from benchkit.processes import CORES, SERVER_CORES, BenchError, pinned

TIMEOUT = 300
TWO_THREADS = "queue_across_loops,call_across_loops,to_thread"


def measure_micro(build_dir):
    """{"one_core": FIGURES, "all_cores": FIGURES or None}, each {case: {"ours_ns", "asio_ns", "ratio", "asio": {spelling:
    ns}}}; the program prints the tables itself."""
    program = build_dir / "tests" / "asyncio_micro"
    if not program.is_file():
        raise BenchError(f"no such file: {program}")
    print("\nns of one operation: lower quartiles of alternating rounds in one process. CPU time of the thread, but for\n"
          "the cases at the end, which go to another thread and back. Beside the fastest of Asio's spellings.\n"
          "All threads on one core:", flush=True)
    one_core = figures_of(program, SERVER_CORES)
    if len(CORES) < 2:
        return {"one_core": one_core, "all_cores": None}
    print("\nThreads on any core. To wake one that is idle takes the machine from 5 to 40 us, now this, now that:", flush=True)
    return {"one_core": one_core, "all_cores": figures_of(program, set(CORES), "--only", TWO_THREADS)}


def figures_of(program, cores, *options):
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures = Path(folder) / "figures.json"
        try:
            code = subprocess.run([program, *options, "--json", figures], preexec_fn=pinned(cores),
                                  timeout=TIMEOUT, check=False).returncode
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"{program.name}: still running after {TIMEOUT} s") from error
        if code != 0:
            raise BenchError(f"{program.name}: exit code {code}")
        return json.loads(figures.read_text(encoding="utf-8"))
