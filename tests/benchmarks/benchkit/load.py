# SPDX-License-Identifier: BSL-1.0
"""One run of wrk against one server, with the server's CPU time around it."""

import json
import os
from dataclasses import dataclass

from benchkit import processes
from benchkit.cases import BENCHMARKS
from benchkit.processes import BenchError, CpuClock

SCRIPT = BENCHMARKS / "wrk" / "load.lua"
CONNECTIONS = 64


@dataclass(frozen=True)
class Sample:
    requests: int
    seconds: float
    cpu_us: float        # per request, user and kernel
    user_ticks: int
    kernel_ticks: int
    p50_us: int
    p99_us: int
    errors: int

    @property
    def rate(self):
        return self.requests / self.seconds


def run_wrk(case, port, seconds):
    env = {**os.environ, "BENCH_DEPTH": str(case.depth)}
    env.pop("BENCH_BODY", None)
    if case.body:
        env["BENCH_BODY"] = str(case.body)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT)]
    if case.close:
        command += ["-H", "Connection: close"]
    output = processes.run([*command, f"http://127.0.0.1:{port}{case.path}"], processes.LOAD_CORES, seconds + 20, env)
    lines = [line for line in output.splitlines() if line.startswith("BENCH ")]
    if not lines:
        raise BenchError(f"wrk printed no figures: {output[-400:]}")
    return json.loads(lines[-1].removeprefix("BENCH "))


def measure(server, case, seconds):
    clock = CpuClock(server.pid)
    before = clock.read()
    figures = run_wrk(case, server.port, seconds)
    cpu, user, kernel = (after - first for after, first in zip(clock.read(), before))
    if figures["requests"] == 0:
        raise BenchError(f"{server.name}: no {case.name} request was answered: {figures['errors']}")
    return Sample(figures["requests"], figures["duration_us"] / 1e6, cpu / 1000 / figures["requests"], user, kernel,
                  figures["p50_us"], figures["p99_us"], sum(figures["errors"].values()))
