# SPDX-License-Identifier: BSL-1.0
"""How long a request takes at half of what the server could do: with all requests sent at a fixed rate."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchkit import load, processes, rounds
from benchkit.servers import FLOOR

CONNECTIONS = 32


def run_paced(server, case, rate, seconds):
    """Median and 99th percentile of the requests' times in microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "times"
        per_connection = max(1, rate // CONNECTIONS)
        processes.run(["h2load", "--h1", "-t", "1", "-c", str(CONNECTIONS), "--rps", str(per_connection),
                       "-n", str(per_connection * CONNECTIONS * seconds), f"--log-file={log}",
                       f"http://127.0.0.1:{server.port}{case.path}"], processes.LOAD_CORES, seconds * 5 + 20)
        times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return times[len(times) // 2], times[len(times) * 99 // 100]


def measure_latency(servers, cases, round_count, seconds):
    print(f"\nRequest time in us at half of each server's capacity, {CONNECTIONS} connections, medians of "
          f"{round_count} alternating rounds\n{'case':<11}{'server':<16}{'req/s':>9}{'p50':>8}{'p99':>8}{'p50 - floor':>13}")
    result = {}
    for case in cases:
        with ExitStack() as running:
            started = [running.enter_context(server.start(case)) for server in servers.values()]
            for server in started:
                rounds.warm_up(server, case)
            rates = [int(load.measure(server, case, 1).rate / 2) for server in started]
            taken = [[] for _ in started]
            for _ in range(round_count):
                for samples, server, rate in zip(taken, started, rates):
                    samples.append(run_paced(server, case, rate, seconds))
        p50 = {name: median(sample[0] for sample in samples) for name, samples in zip(servers, taken)}
        p99 = {name: median(sample[1] for sample in samples) for name, samples in zip(servers, taken)}
        for name, rate in zip(servers, rates):
            over = f"{p50[name] - p50[FLOOR]:>+13.0f}" if FLOOR in p50 else ""
            print(f"{case.name:<11}{name:<16}{rate:>9}{p50[name]:>8.0f}{p99[name]:>8.0f}{over}")
        result[case.name] = {name: {"p50_us": p50[name], "p99_us": p99[name]} for name in p50}
    return result
