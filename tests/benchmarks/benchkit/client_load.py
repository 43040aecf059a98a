# SPDX-License-Identifier: BSL-1.0
"""Clients take turns, round after round, each on a core of its own before the floor server on the other."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from statistics import median

from benchkit import processes
from benchkit.client import exchange_once
from benchkit.clients import CLIENT_CASES, OURS, find_clients, parse_figures
from benchkit.instructions import read_total
from benchkit.processes import BenchError
from benchkit.syscalls import ROW

DELAY_MS = 10
DELAYED = CLIENT_CASES["queued"]
DELAYED_ANSWERS = 60  # on each connection
TARGET = 1.5          # p99 of the delayed case over the ideal
COUNTED = ("plaintext", "single", "post")
FEW_REQUESTS, MANY_REQUESTS = 2_000, 8_000
TRACED_REQUESTS = 5_000


def run(client, case, server, answer_size, *options, under=(), timeout=120):
    command = [*under, *client.command, *case.arguments(server.port, answer_size), *map(str, options)]
    output = processes.run(command, processes.LOAD_CORES, timeout, {**os.environ, **client.environment})
    return parse_figures(client, output)


def start_floor(floor, case, stack, *options):
    """The running server and the size of its answer's body."""
    process = stack.enter_context(floor.start(case.asked, options=options))
    answer = exchange_once(process.port, case.asked.request_bytes(process.port))
    return process, len(answer.partition(b"\r\n\r\n")[2])


def cpu_us(figures):
    return (figures["user_seconds"] + figures["kernel_seconds"]) * 1e6 / max(figures["requests"], 1)


def rate(figures):
    return figures["requests"] / figures["seconds"]


def summarise(samples, ours):
    """Medians over the rounds; ratios to ours are taken within each round."""
    return {
        "requests_per_second": round(median(map(rate, samples))),
        "rate_ratio": round(median(rate(mine) / rate(each) for mine, each in zip(ours, samples)), 3),
        "cpu_us": round(median(map(cpu_us, samples)), 3),
        "cpu_ratio": round(median(cpu_us(each) / cpu_us(mine) for mine, each in zip(ours, samples)), 3),
        "p50_us": median(each["p50_us"] for each in samples),
        "p99_us": median(each["p99_us"] for each in samples),
    }


def measure_case(clients, floor, case, rounds, seconds):
    samples = {name: [] for name in clients}
    with ExitStack() as stack:
        server, answer_size = start_floor(floor, case, stack)
        for _ in range(rounds):
            for name, client in clients.items():
                samples[name].append(run(client, case, server, answer_size, "--seconds", seconds))
    result = {name: summarise(taken, samples[OURS]) for name, taken in samples.items()}
    for name, figures in result.items():
        print(f"{case.name:<11}{name:<12}{figures['requests_per_second']:>9}{figures['p50_us']:>9.0f}"
              f"{figures['p99_us']:>9.0f}{figures['cpu_us']:>12.2f}{figures['rate_ratio']:>14.2f}"
              f"{figures['cpu_ratio']:>12.2f}", flush=True)
    return result


def measure_rounds(clients, floor, cases, rounds, seconds):
    print(f"\nClients before the floor server: medians of {rounds} alternating rounds of {seconds} s, one core each.\n"
          f"Ratios in the same round: our req/s over theirs, their CPU per request over ours; above 1 is behind ours.\n"
          f"floor: bare system calls, nothing parsed.\n"
          f"{'case':<11}{'client':<12}{'req/s':>9}{'p50 us':>9}{'p99 us':>9}{'CPU us/req':>12}{'rate ratio':>14}"
          f"{'CPU ratio':>12}")
    return {case.name: measure_case(clients, floor, case, rounds, seconds) for case in cases}


def measure_delayed(clients, floor, rounds):
    """A backend that takes 10 ms for each answer: how long 1,000 requests wait for 50 connections. Of the rounds the
    best counts, since another process on the core only ever adds."""
    ideal_ms = ceil(DELAYED.concurrent / DELAYED.connections) * DELAY_MS
    print(f"\n{DELAYED.concurrent} concurrent requests over {DELAYED.connections} connections to a server that answers "
          f"after {DELAY_MS} ms.\nThe ideal p99 is {ideal_ms} ms; the aim at most {TARGET} times that, in the best of "
          f"{rounds} alternating rounds")
    samples = {name: [] for name in clients}
    with ExitStack() as stack:
        server, answer_size = start_floor(floor, DELAYED, stack, "--delay-ms", str(DELAY_MS))
        for _ in range(rounds):
            for name, client in clients.items():
                figures = run(client, DELAYED, server, answer_size, "--warm-up", DELAYED.connections,
                              "--requests", DELAYED_ANSWERS * DELAYED.connections)
                samples[name].append(figures["p99_us"] / 1000)
    for name, taken in samples.items():
        print(f"{name:<12}p99 {min(taken):>7.1f} ms   over the ideal {min(taken) / ideal_ms:.2f}   "
              f"(median of the rounds {median(taken) / ideal_ms:.2f})")
    return {name: {"p99_ms": taken, "over_ideal": round(min(taken) / ideal_ms, 3)} for name, taken in samples.items()}


def count_instructions(client, case, server, answer_size, requests):
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        out = Path(folder) / "callgrind.out"
        valgrind = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}")
        run(client, case, server, answer_size, "--requests", requests, under=valgrind, timeout=300)
        return read_total(out)


def instructions_per_request(client, case, server, answer_size):
    """The start and the end of the process are in both runs, so the difference is the requests alone."""
    few = count_instructions(client, case, server, answer_size, FEW_REQUESTS)
    many = count_instructions(client, case, server, answer_size, MANY_REQUESTS)
    return round((many - few) / (MANY_REQUESTS - FEW_REQUESTS))


def measure_client_instructions(clients, floor, cases):
    if not shutil.which("valgrind"):
        raise BenchError("--instructions needs valgrind")
    cases = [case for case in cases if case.name in COUNTED]
    print(f"\nUser instructions per request of clients (callgrind)\n{'client':<12}"
          + "".join(f"{case.name:>12}" for case in cases))
    result = {name: {} for name, client in clients.items() if client.native}
    for name in result:
        print(f"{name:<12}", end="", flush=True)
        for case in cases:
            with ExitStack() as stack:
                count = instructions_per_request(clients[name], case, *start_floor(floor, case, stack))
            result[name][case.name] = count
            print(f"{count:>12}", end="", flush=True)
        print()
    return result


def count_calls(client, case, server, answer_size):
    """{call: count per request}, of a process's whole life."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        summary = Path(folder) / "strace"
        run(client, case, server, answer_size, "--requests", TRACED_REQUESTS, "--warm-up", 0,
            under=("strace", "-c", "-f", "-o", str(summary)))
        rows = ROW.findall(summary.read_text())
    return {name: int(count) / TRACED_REQUESTS for count, name in rows if name != "total"}


def measure_client_syscalls(clients, floor, case):
    if not shutil.which("strace"):
        raise BenchError("--syscalls needs strace")
    print(f"\nSystem calls per request of clients ({case.name}, strace -c; the start of the process included)")
    result = {}
    with ExitStack() as stack:
        server, answer_size = start_floor(floor, case, stack)
        for name, client in clients.items():
            calls = count_calls(client, case, server, answer_size)
            result[name] = {call: round(count, 4) for call, count in calls.items()}
            often = sorted(((count, call) for call, count in calls.items() if count >= 0.02), reverse=True)
            print(f"{name:<12}{sum(calls.values()):>7.2f}   "
                  + ", ".join(f"{call} {count:.2f}" for count, call in often))
    return result


def measure_clients(build_dir, floor, options):
    """The load rounds and the delayed case; of the instructions and system calls those that are asked for, instead."""
    clients = find_clients(build_dir)
    cases = [case for name, case in CLIENT_CASES.items() if not options.only or name in options.only]
    result = {}
    if options.instructions:
        result["instructions"] = measure_client_instructions(clients, floor, cases)
    if options.syscalls:
        result["syscalls"] = measure_client_syscalls(clients, floor, cases[0])
    if not result or options.load:
        result["cases"] = measure_rounds(clients, floor, cases, options.rounds, options.seconds)
        if not options.only:
            result["delayed"] = measure_delayed(clients, floor, options.rounds)
    return result
