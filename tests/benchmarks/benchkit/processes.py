# SPDX-License-Identifier: BSL-1.0
"""Child processes that are pinned, timed, and never outlive the benchmark."""

import ctypes
import os
import random
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES = {CORES[0]}
LOAD_CORES = {CORES[1 % len(CORES)]}
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


class BenchError(Exception):
    """A measure could not be taken; the message says why."""


def allow_many_files():
    """Raises this process's limit of open files, which its children inherit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pinned(cores):
    """A preexec function: run on `cores`, and die with the benchmark even if that is killed."""
    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, cores)
    return prepare


def run(command, cores, timeout, env=None):
    """Runs a command to its end and returns its standard output."""
    try:
        result = subprocess.run(command, preexec_fn=pinned(cores), timeout=timeout, env=env,
                                capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{command[0]}: still running after {timeout} s") from error
    if result.returncode != 0:
        raise BenchError(f"{command[0]}: exit code {result.returncode}: {result.stderr.strip()[-800:]}")
    return result.stdout


def free_port():
    """A port nobody listens on, below the range that the load generator's own connections are given."""
    for port in random.sample(range(20000, 32000), 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise BenchError("no free port found between 20000 and 32000")


class ServerProcess:
    """A server under test, from its first accepted connection to its end: `with ServerProcess(...) as server:`"""

    def __init__(self, name, command, port, cores=None, start_timeout=10):
        self.name = name
        self.command = command
        self.port = port
        self.cores = cores or SERVER_CORES
        self.start_timeout = start_timeout
        self.process = None
        self.output = None

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, preexec_fn=pinned(self.cores), stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=self.output)
        try:
            self.wait_until_listening()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_until_listening(self):
        deadline = time.monotonic() + self.start_timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise BenchError(f"{self.name}: ended with code {self.process.returncode}: {self.last_output()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise BenchError(f"{self.name}: not listening after {self.start_timeout} s: {self.last_output()}")

    def last_output(self):
        self.output.seek(0)
        return self.output.read().decode(errors="replace").strip()[-800:] or "(no output)"

    def stop(self, grace=15):
        """SIGTERM, then SIGKILL after `grace` seconds; true if SIGTERM was enough."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=grace)
            return True
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        finally:
            self.output.close()


class CpuClock:
    """CPU time of a running process: the total to the nanosecond from its CPU clock, the share of user mode from
    /proc/PID/stat, which samples in 10 ms ticks (0.5 % of 2 s; the share steadies over rounds)."""

    def __init__(self, pid):
        self.pid = pid
        self.clock = ~pid << 3 | 2  # clock_getcpuclockid(3): the whole process, CPUCLOCK_SCHED

    def read(self):
        """(CPU nanoseconds, user ticks, kernel ticks) since the process started."""
        total = time.clock_gettime_ns(self.clock)
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return total, int(fields[11]), int(fields[12])


def resident_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return int(re.search(r"^Rss:\s+(\d+) kB", rollup.read(), re.MULTILINE)[1]) * 1024
