# SPDX-License-Identifier: BSL-1.0
"""What the building blocks of asyncio cost in coroute and in plain Boost.Asio, by the program asyncio_micro."""

import json
import subprocess
import tempfile
from pathlib import Path

from benchkit.processes import SERVER_CORES, BenchError, pinned

TIMEOUT = 300


def measure_micro(build_dir):
    """{case: {"ours_ns", "asio_ns", "ratio", "asio": {spelling: ns}}}; the program prints the table itself."""
    program = build_dir / "tests" / "asyncio_micro"
    if not program.is_file():
        raise BenchError(f"no such file: {program}")
    print("\nns of one operation: lower quartiles of alternating rounds in one process. CPU time of the thread, but for\n"
          "the cases at the end, which go to another thread and back. Beside the fastest of Asio's spellings.\n"
          "All threads share a core: to wake an idle one takes the machine from 5 to 40 us, now this, now that.", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures = Path(folder) / "figures.json"
        try:
            code = subprocess.run([program, "--json", figures], preexec_fn=pinned(SERVER_CORES),
                                  timeout=TIMEOUT, check=False).returncode
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"{program.name}: still running after {TIMEOUT} s") from error
        if code != 0:
            raise BenchError(f"{program.name}: exit code {code}")
        return json.loads(figures.read_text(encoding="utf-8"))
