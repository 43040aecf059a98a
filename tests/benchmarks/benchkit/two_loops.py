# SPDX-License-Identifier: BSL-1.0
"""Does a request cost more when a second loop runs beside the first?"""

from statistics import median

from benchkit import rounds
from benchkit.processes import LOAD_CORES, SERVER_CORES


def measure_case(server, case, round_count, seconds):
    with server.start(case, loops=1) as one, \
            server.start(case, loops=2, cores=SERVER_CORES | LOAD_CORES) as two:
        for process in (one, two):
            rounds.warm_up(process, case)
        samples = rounds.take_turns([one, two], case, round_count, seconds)
    ratios = [second.cpu_us / first.cpu_us for first, second in zip(*samples)]
    one_us, two_us = (median(sample.cpu_us for sample in taken) for taken in samples)
    print(f"{case.name:<11}{one_us:>12.2f}{two_us:>12.2f}{median(ratios):>8.2f}  "
          f"{min(ratios):.2f} - {max(ratios):.2f}")
    return {"one_loop_us": round(one_us, 3), "two_loops_us": round(two_us, 3), "ratio": round(median(ratios), 3)}


def measure_two_loops(server, cases, round_count, seconds):
    """The second loop shares the load generator's core: what may not grow is the cost, not the throughput."""
    print(f"\nCPU us per request of {server.name} with two loops over one (the second on the load generator's core)\n"
          f"{'case':<11}{'--loops 1':>12}{'--loops 2':>12}{'ratio':>8}  range over the rounds")
    return {case.name: measure_case(server, case, round_count, seconds) for case in cases}
