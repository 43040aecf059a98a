# SPDX-License-Identifier: BSL-1.0
"""Benchmarks of coroute: server CPU per request beside a raw epoll floor and a plain Beast server; the HTTP client's
beside other clients.

    python3 tests/benchmarks/bench.py                      all load cases, idle memory and micro (under 7 minutes)
    python3 tests/benchmarks/bench.py --only json,item     some of them
    python3 tests/benchmarks/bench.py --instructions       user instructions per request (valgrind)
    python3 tests/benchmarks/bench.py --typed              typed handlers beside handlers on a Request (valgrind)
    python3 tests/benchmarks/bench.py --compile            compile time of typed routes
    python3 tests/benchmarks/bench.py --micro              building blocks of asyncio beside plain Boost.Asio's
    python3 tests/benchmarks/bench.py --client             the HTTP client beside libcurl's, plain Beast's, Go's, node's
    python3 tests/benchmarks/bench.py --websocket          memory of 10,000 idle WebSockets
    python3 tests/benchmarks/bench.py --client --instructions --syscalls    of the clients, not of the servers

Each measure that is named runs instead of the load cases; --load adds them back. Needs wrk and two cores: the
server has one to itself, the load generator or the client the other. Requests per second depend on who else uses the
machine; CPU per request and its ratio to the floor in the same round hold still. Exit code 1: a measure could not be
taken.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import time
from pathlib import Path

from benchkit import processes
from benchkit.cases import BENCHMARKS, CASES, IDLE
from benchkit.client_load import measure_clients
from benchkit.clients import CLIENT_CASES
from benchkit.compile_time import measure_compile
from benchkit.instructions import measure_instructions
from benchkit.latency import measure_latency
from benchkit.memory import measure_idle
from benchkit.micro import measure_micro
from benchkit.processes import BenchError
from benchkit.rounds import measure_cases
from benchkit.servers import CANDIDATES, FLOOR, find_servers
from benchkit.syscalls import measure_syscalls
from benchkit.two_loops import measure_two_loops
from benchkit.typed import measure_typed
from benchkit.websocket import measure_websocket

ROOT = BENCHMARKS.parent.parent
MEASURES = ("load", "instructions", "syscalls", "latency", "two_loops", "typed", "compile", "micro", "websocket", "client")
DEFAULT_MEASURES = ["load", "micro"]
NO_SERVER_NEEDED = {"typed", "compile", "micro"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=lambda names: names.split(","), metavar="CASE[,CASE]",
                        help=f"{', '.join([*CASES, IDLE])}; with --client {', '.join(CLIENT_CASES)}")
    parser.add_argument("--rounds", type=at_least_one, default=5)
    parser.add_argument("--seconds", type=at_least_one, default=2, help="of load in each round, whole")
    parser.add_argument("--load", action="store_true", help="the load cases and idle memory (default, with --micro)")
    parser.add_argument("--instructions", action="store_true", help="user instructions per request, by callgrind")
    parser.add_argument("--syscalls", action="store_true", help="system calls per request, by strace")
    parser.add_argument("--latency", action="store_true", help="request times at half capacity, by h2load")
    parser.add_argument("--two-loops", action="store_true", help="CPU per request with two loops over one")
    parser.add_argument("--typed", action="store_true", help="instructions of typed handlers, by typed_cost in callgrind")
    parser.add_argument("--compile", action="store_true", help="compile time of typed routes")
    parser.add_argument("--micro", action="store_true", help="ns of asyncio's building blocks, by asyncio_micro")
    parser.add_argument("--websocket", action="store_true", help="resident memory per idle WebSocket; fails above 16 KB")
    parser.add_argument("--client", action="store_true", help="the HTTP client beside other clients, to the floor; with "
                        "--instructions, --syscalls or --load those measures of the clients")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--build-dir", type=Path, default=ROOT / "build" / "release")
    for name in CANDIDATES:
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="PATH", help=f"the {name} binary")
    options = parser.parse_args()
    known = CLIENT_CASES if options.client else [*CASES, IDLE]
    unknown = [name for name in options.only or () if name not in known]
    if unknown:
        parser.error(f"unknown case {', '.join(unknown)}")
    return options


def at_least_one(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def measure_load(servers, options):
    if not shutil.which("wrk"):
        raise BenchError("the load cases need wrk")
    cases = selected_cases(options, CASES)
    result = {"cases": measure_cases(servers, cases, options.rounds, options.seconds)} if cases else {}
    if not options.only or IDLE in options.only:
        result[IDLE] = measure_idle(servers)
    return result


def selected_cases(options, default):
    return [CASES[name] for name in options.only or default if name in CASES]


def take(measure, servers, options):
    if measure == "typed":
        return measure_typed(options.build_dir)
    if measure == "compile":
        return measure_compile(options.build_dir)
    if measure == "micro":
        return measure_micro(options.build_dir)
    if not servers:
        raise BenchError("no server binary was found")
    if measure == "client":
        if FLOOR not in servers:
            raise BenchError("--client needs the floor server")
        return measure_clients(options.build_dir, servers[FLOOR], options)
    if measure == "load":
        return measure_load(servers, options)
    if measure == "instructions":
        return measure_instructions(servers, selected_cases(options, CASES))
    if measure == "syscalls":
        return measure_syscalls(servers, options.seconds)
    if measure == "latency":
        return measure_latency(servers, selected_cases(options, ["plaintext"]), options.rounds, options.seconds)
    if "loadtarget" not in servers:
        raise BenchError(f"--{measure.replace('_', '-')} needs loadtarget")
    if measure == "websocket":
        return measure_websocket(servers["loadtarget"])
    return measure_two_loops(servers["loadtarget"], selected_cases(options, ["plaintext"]), options.rounds,
                             options.seconds)


def main():
    options = parse_arguments()
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    processes.allow_many_files()
    os.sched_setaffinity(0, processes.LOAD_CORES)
    if processes.SERVER_CORES == processes.LOAD_CORES:
        print("warning: one core only: server and load generator share it, so the figures mean little")
    measures = ["client"] if options.client else [measure for measure in MEASURES if getattr(options, measure)]
    if not measures:
        measures = ["load"] if options.only else DEFAULT_MEASURES
    servers = {} if NO_SERVER_NEEDED.issuperset(measures) else find_servers(options.build_dir, vars(options))
    figures = {"machine": f"{platform.machine()}, {len(processes.CORES)} cores, Linux {platform.release()}",
               "rounds": options.rounds, "seconds": options.seconds}
    failed = False
    start = time.monotonic()
    for measure in measures:
        try:
            figures[measure] = take(measure, servers, options)
        except (BenchError, OSError) as error:
            print(f"\n{measure.replace('_', '-')}: {error}", file=sys.stderr)
            failed = True
    print(f"\n{time.monotonic() - start:.0f} s")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
