# SPDX-License-Identifier: BSL-1.0
"""System calls per keep-alive request, counted by strace."""

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchkit import load, processes
from benchkit.cases import CASES
from benchkit.processes import BenchError

CASE = CASES["plaintext"]
ROW = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", re.MULTILINE)


def wait_until_traced(pid, tracer):
    for _ in range(200):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if re.search(r"^TracerPid:\s+[1-9]", status, re.MULTILINE):
            return
        if tracer.poll() is not None:
            break
        time.sleep(0.02)
    raise BenchError("strace could not attach to the server")


def count_calls(server, seconds):
    """({call: count}, requests) of `seconds` of load on a running server."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        summary = Path(folder) / "strace"
        # On the load generator's core, the tracer and the server do not take turns on one.
        tracer = subprocess.Popen(["strace", "-c", "-f", "-o", str(summary), "-p", str(server.pid)],
                                  preexec_fn=processes.pinned(processes.LOAD_CORES),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_traced(server.pid, tracer)
            requests = load.run_wrk(CASE, server.port, seconds)["requests"]
            tracer.terminate()
            tracer.wait(timeout=10)
        finally:
            tracer.kill()
            tracer.wait()
        return {name: int(count) for count, name in ROW.findall(summary.read_text()) if name != "total"}, requests


def measure_syscalls(servers, seconds):
    if not shutil.which("strace"):
        raise BenchError("--syscalls needs strace")
    print("\nSystem calls per keep-alive request (plaintext, strace -c; opening 64 connections included)")
    result = {}
    for name, server in servers.items():
        with server.start(CASE) as process:
            calls, requests = count_calls(process, seconds)
        per_request = {call: count / requests for call, count in calls.items()}
        result[name] = {"total": round(sum(per_request.values()), 3),
                        "calls": {call: round(count, 4) for call, count in per_request.items()}}
        often = sorted(((count, call) for call, count in per_request.items() if count >= 0.005), reverse=True)
        print(f"{name:<16}{result[name]['total']:>7.2f}   "
              + ", ".join(f"{call} {count:.2f}" for count, call in often))
    return result
