# SPDX-License-Identifier: BSL-1.0
"""User instructions per request under callgrind: a figure that a busy machine does not change."""

import re
import shutil
import tempfile
from pathlib import Path

from benchkit.client import Connection
from benchkit.processes import BenchError

CASE_NAMES = ("plaintext", "json", "item", "post")
FEW_REQUESTS = 2_000
MANY_REQUESTS = 9_000


def read_total(file):
    """Instructions of the whole run, from a callgrind.out file."""
    totals = re.findall(r"^(?:totals|summary): (\d+)", file.read_text(errors="replace"), re.MULTILINE)
    if not totals:
        raise BenchError(f"{file.name} has no total: the server did not end on SIGTERM")
    return int(totals[-1])


def count_run(server, case, requests):
    """Instructions of a server's whole life, which answers `requests` requests on one connection."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        out = Path(folder) / "callgrind.out"
        valgrind = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}")
        with server.start(case, under=valgrind, start_timeout=60) as process:
            with Connection(process.port, case.request_bytes(process.port)) as connection:
                for _ in range(requests):
                    connection.exchange()
            if not process.stop(grace=30):
                raise BenchError(f"{server.name} did not stop within 30 s of SIGTERM under callgrind")
        if not out.exists():
            raise BenchError(f"{server.name}: callgrind wrote no file")
        return read_total(out)


def count_per_request(server, case):
    """The start and the end of the process are in both runs, so the difference is the requests alone."""
    few = count_run(server, case, FEW_REQUESTS)
    many = count_run(server, case, MANY_REQUESTS)
    return round((many - few) / (MANY_REQUESTS - FEW_REQUESTS))


def measure_instructions(servers, cases):
    cases = [case for case in cases if case.name in CASE_NAMES]
    if not shutil.which("valgrind"):
        raise BenchError("--instructions needs valgrind")
    print(f"\nUser instructions per request (callgrind, one keep-alive connection, depth 1)\n{'server':<16}"
          + "".join(f"{case.name:>12}" for case in cases))
    result = {}
    for name, server in servers.items():
        print(f"{name:<16}", end="", flush=True)
        result[name] = {}
        for case in cases:
            result[name][case.name] = count_per_request(server, case)
            print(f"{result[name][case.name]:>12}", end="", flush=True)
        print()
    return result
