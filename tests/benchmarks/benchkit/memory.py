# SPDX-License-Identifier: BSL-1.0
"""What an idle keep-alive connection costs in resident memory."""

import time
from contextlib import ExitStack

from benchkit.cases import CASES
from benchkit.client import Connection, exchange_once
from benchkit.processes import resident_bytes

CONNECTIONS = 5000
CASE = CASES["plaintext"]


def measure_server(server):
    """Growth of the resident set per connection, each of which has made one request."""
    with server.start(CASE) as process, ExitStack() as opened:
        request = CASE.request_bytes(process.port)
        exchange_once(process.port, request)
        before = resident_bytes(process.pid)
        for _ in range(CONNECTIONS):
            opened.enter_context(Connection(process.port, request)).exchange()
        time.sleep(0.5)
        after = resident_bytes(process.pid)
    return {"bytes_per_connection": round((after - before) / CONNECTIONS), "idle_process_bytes": before}


def measure_idle(servers):
    print(f"\nResident memory per idle keep-alive connection ({CONNECTIONS} open, one request made on each)")
    result = {}
    for name, server in servers.items():
        result[name] = measure_server(server)
        print(f"{name:<16}{result[name]['bytes_per_connection']:>8} B   "
              f"(process before: {result[name]['idle_process_bytes'] / 1e6:.1f} MB)")
    return result
