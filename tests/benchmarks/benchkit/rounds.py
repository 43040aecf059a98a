# SPDX-License-Identifier: BSL-1.0
"""Servers take turns under load, round after round, so that a busy machine is busy for all of them."""

from contextlib import ExitStack
from statistics import median

from benchkit import load
from benchkit.client import exchange_once
from benchkit.processes import BenchError
from benchkit.servers import FLOOR

HEADER = (f"{'case':<11}{'server':<16}{'req/s':>9}{'p50 us':>9}{'CPU us/req':>12}{'user':>8}{'kernel':>8}"
          f"{'ratio':>8}  range over the rounds")


def warm_up(server, case):
    """Checks that the server answers the case with 200; returns the size of that answer."""
    try:
        size = len(exchange_once(server.port, case.request_bytes(server.port)))
        load.run_wrk(case, server.port, 1)
        return size
    except (BenchError, OSError) as error:
        raise BenchError(f"{server.name}, {case.name}: {error}") from error


def take_turns(servers, case, rounds, seconds):
    """One list of samples for each of the running `servers`; all lists have a sample of each round."""
    samples = [[] for _ in servers]
    for _ in range(rounds):
        for server, taken in zip(servers, samples):
            taken.append(load.measure(server, case, seconds))
    return samples


def summarise(samples, base):
    """Medians over the rounds. The ratios to `base` are taken within each round, then their median."""
    ticks = sum(sample.user_ticks + sample.kernel_ticks for sample in samples)
    user_share = sum(sample.user_ticks for sample in samples) / max(ticks, 1)
    cpu = median(sample.cpu_us for sample in samples)
    figures = {
        "requests_per_second": round(median(sample.rate for sample in samples)),
        "p50_us": median(sample.p50_us for sample in samples),
        "p99_us": median(sample.p99_us for sample in samples),
        "cpu_us": round(cpu, 3),
        "user_us": round(cpu * user_share, 3),
        "kernel_us": round(cpu * (1 - user_share), 3),
        "errors": sum(sample.errors for sample in samples),
        "cpu_us_by_round": [round(sample.cpu_us, 3) for sample in samples],
    }
    if base:
        ratios = [sample.cpu_us / of_base.cpu_us for sample, of_base in zip(samples, base)]
        figures["ratio"] = round(median(ratios), 3)
        figures["ratio_by_round"] = [round(ratio, 3) for ratio in ratios]
    return figures


def row(case_name, server_name, figures):
    text = (f"{case_name:<11}{server_name:<16}{figures['requests_per_second']:>9}{figures['p50_us']:>9.0f}"
            f"{figures['cpu_us']:>12.2f}{figures['user_us']:>8.2f}{figures['kernel_us']:>8.2f}")
    if "ratio" in figures:
        ratios = figures["ratio_by_round"]
        text += f"{figures['ratio']:>8.2f}  {min(ratios):.2f} - {max(ratios):.2f}"
    if figures["errors"]:
        text += f"  {figures['errors']} ERRORS"
    return text


def measure_case(servers, case, rounds, seconds):
    """{server name: figures} of one case, printed as rows of the table."""
    with ExitStack() as running:
        started = [running.enter_context(server.start(case)) for server in servers.values()]
        answer_sizes = [warm_up(server, case) for server in started]
        samples = dict(zip(servers, take_turns(started, case, rounds, seconds)))
    result = {}
    for name, size in zip(servers, answer_sizes):
        result[name] = {**summarise(samples[name], samples.get(FLOOR)), "answer_bytes": size}
        print(row(case.name, name, result[name]))
    sizes = {name: figures["answer_bytes"] for name, figures in result.items()}
    if max(sizes.values()) > 1.1 * min(sizes.values()):
        print("  note: answers differ in size: " + ", ".join(f"{name} {size} B" for name, size in sizes.items()))
    return result


def measure_cases(servers, cases, rounds, seconds):
    print(f"\nServer CPU per request: medians of {rounds} alternating rounds of {seconds} s, {load.CONNECTIONS} "
          f"connections.\nratio: CPU over the floor's in the same round. user and kernel: shares sampled in 10 ms "
          f"ticks over all rounds.\n{HEADER}")
    return {case.name: measure_case(servers, case, rounds, seconds) for case in cases}
