#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Clients that mean harm, against a running server: what others notice of them, and what they leave behind.

usage: abuse.py SERVER [--only NAME] [-- SERVER_ARGUMENT...]

SERVER takes --port and answers any request with its body. Prints what it measured and "N passed, N failed".
"""
import argparse
import multiprocessing
import resource
import socket
import sys
import time

from server_process import Connection, Lost, NotSent, ServerProcess, split_arguments

REQUEST = b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nhello"


class Failure(Exception):
    pass


def require(condition, text):
    if not condition:
        raise Failure(text)


def is_served(port):
    """Whether a new connection gets its answer."""
    try:
        connection = Connection(port)
    except OSError:
        return False
    try:
        return connection.request(REQUEST)[:2] == (200, b"hello")
    except (NotSent, Lost):
        return False
    finally:
        connection.close()


def seconds_until_served(port, times):
    """Until that many connections in a row were served."""
    began = time.monotonic()
    in_a_row = 0
    while in_a_row < times and time.monotonic() - began < 10:
        in_a_row = in_a_row + 1 if is_served(port) else 0
        if in_a_row == 0:
            time.sleep(0.01)
    return time.monotonic() - began


def settles_at(read, value, seconds=5):
    """The last reading, which is `value` at most unless it doesn't come down in time."""
    until = time.monotonic() + seconds
    while read() > value and time.monotonic() < until:
        time.sleep(0.02)
    return read()


def idle_descriptors(server):
    """Of a server that is up and has no connection."""
    require(is_served(server.port), "not served at the beginning")
    time.sleep(0.3)
    return server.descriptors()


# --- descriptors ---

def check_without_descriptors(server):
    connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(120)]
    time.sleep(0.2)
    cpu_before = server.cpu_seconds()
    time.sleep(3)
    load = (server.cpu_seconds() - cpu_before) / 3
    for connection in connections:
        connection.close()
    seconds = seconds_until_served(server.port, 40)
    print(f"  120 connections: {load:.1%} of a core; full service {seconds:.2f} s after they have left")
    require(load < 0.05, "spins while it has no descriptors")
    require(seconds < 1, "needs too long to come back")


def emfile(start):
    """40 free descriptors, 120 connections: little CPU, and full service within a second after."""
    with start() as server:
        needed = idle_descriptors(server)

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed + 40, needed + 40))

        with start(before_exec=limit) as limited:
            check_without_descriptors(limited)
        # The server knows nothing of this limit, so that accept itself fails.
        hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (needed + 40, hard))
        check_without_descriptors(server)


# --- slow heads ---

def send_heads_slowly(port, count, ready, end):
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\nhost: test\r\n")
    ready.set()
    while not end.wait(0.05):
        for i, client in enumerate(clients):
            try:
                client.sendall(b"x: y\r\n")
            except OSError:  # its time was over
                clients[i] = socket.create_connection(("127.0.0.1", port))
                clients[i].sendall(b"GET / HTTP/1.1\r\n")


def percentile_99(port, samples):
    connection = Connection(port)
    times = []
    for _ in range(samples):
        began = time.perf_counter()
        connection.request(REQUEST)
        times.append(time.perf_counter() - began)
    connection.close()
    return sorted(times)[samples * 99 // 100]


def slow_heads(start):
    """300 clients whose heads never end: the 99th percentile of others at most doubles."""
    samples, rounds = 4000, 3
    with start() as server:
        percentile_99(server.port, 1000)
        ratios = []
        for _ in range(rounds):  # the quietest round counts: other programs disturb, too
            calm = percentile_99(server.port, samples)
            ready, end = multiprocessing.Event(), multiprocessing.Event()
            attacker = multiprocessing.Process(target=send_heads_slowly, args=(server.port, 300, ready, end))
            attacker.start()
            ready.wait(20)
            attacked = percentile_99(server.port, samples)
            end.set()
            attacker.join()
            ratios.append(attacked / calm)
            print(f"  p99 of {samples} requests: calm {calm * 1e6:.0f} us, with 300 slow heads {attacked * 1e6:.0f} us, "
                  f"{ratios[-1]:.2f} times")
            if ratios[-1] <= 2:
                return
        require(False, f"others wait {min(ratios):.1f} times as long")


# --- floods and storms ---

def idle_flood(start):
    """1000 idle connections: at most 16 KB of memory for each, and others are served."""
    with start() as server:
        for _ in range(100):
            require(is_served(server.port), "not served before the flood")
        before = server.resident_bytes()
        flood = [Connection(server.port) for _ in range(1000)]
        for connection in flood:
            require(connection.request(REQUEST)[0] == 200, "one of the flood was not served")
        each = (server.resident_bytes() - before) / len(flood)
        for _ in range(100):
            require(is_served(server.port), "not served during the flood")
        print(f"  1000 idle connections: {each / 1024:.1f} KB each")
        require(each <= 16 * 1024, "an idle connection takes too much memory")
        for connection in flood:
            connection.close()


def rst_storm(start):
    """3000 connections reset in all states: no descriptor and no memory is left behind, and others are served."""
    beginnings = [b"", REQUEST, REQUEST[:20], REQUEST[:-3], REQUEST * 5 + REQUEST[:9],
                  b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel", b"\x16\x03\x01"]

    def storm(server, size):
        for i in range(size):
            connection = Connection(server.port)
            connection.socket.sendall(beginnings[i % len(beginnings)])
            connection.reset()
            if i % 100 == 0:
                require(is_served(server.port), "not served during the storm")

    with start() as server:
        descriptors = idle_descriptors(server)
        storm(server, 500)
        settles_at(server.descriptors, descriptors)
        resident = server.resident_bytes()
        storm(server, 3000)
        left = settles_at(server.descriptors, descriptors) - descriptors
        grown = server.resident_bytes() - resident
        print(f"  after 3000 resets: {left} descriptors and {grown / 1024:.0f} KB left behind")
        require(left <= 0, "descriptors are left behind")
        require(grown < 1024 * 1024, "memory is left behind")
        require(is_served(server.port), "not served after the storm")


def main():
    scenarios = {"emfile": emfile, "slow-heads": slow_heads, "idle-flood": idle_flood, "rst-storm": rst_storm}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("server")
    parser.add_argument("--only", choices=scenarios)
    own_arguments, server_arguments = split_arguments(sys.argv[1:])
    options = parser.parse_args(own_arguments)

    def start(before_exec=None):
        return ServerProcess(options.server, *server_arguments, before_exec=before_exec)

    passed = failed = 0
    for name, scenario in scenarios.items():
        if options.only not in (None, name):
            continue
        print(f"{name}: {scenario.__doc__}", flush=True)
        try:
            scenario(start)
            passed += 1
        except (Failure, NotSent, Lost, OSError) as failure:
            failed += 1
            print(f"  FAILED: {failure!r}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
