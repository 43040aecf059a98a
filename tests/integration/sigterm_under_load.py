#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""SIGTERM in the middle of load: no request may be lost.

usage: sigterm_under_load.py SERVER [--repeats N] [-- SERVER_ARGUMENT...]

SERVER takes --port and answers any request with its body. 32 threads send requests on connections that they keep alive.
A request is lost when it was sent completely and no complete answer came; it is not when the connection was refused, or
was closed before the request was written.
"""
import argparse
import sys
import threading
import time

from server_process import Connection, Lost, NotSent, ServerProcess, split_arguments

WORKERS = 32
SECONDS_BEFORE = 0.4
MAX_SECONDS_TO_EXIT = 5.0


def make_request(number):
    body = b"x" * (number * 37 % 3000)
    return b"POST /%d HTTP/1.1\r\nhost: test\r\ncontent-length: %d\r\n\r\n%s" % (number, len(body), body), body


class Worker(threading.Thread):
    """Sends requests until nobody listens any more."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.port = port
        self.number = number
        self.answered = 0
        self.lost = []

    def run(self):
        while True:
            try:
                connection = Connection(self.port)
            except OSError:
                return
            self.use(connection)
            connection.close()

    def use(self, connection):
        while True:
            self.number += WORKERS
            request, body = make_request(self.number)
            try:
                status, answer, closes = connection.request(request)
            except NotSent:
                return
            except Lost as error:
                self.lost.append((time.monotonic(), str(error)))
                return
            if status != 200 or answer != body:
                self.lost.append((time.monotonic(), f"status {status}, {len(answer)} bytes instead of {len(body)}"))
            self.answered += 1
            if closes or self.number % 97 == 0:  # some connect anew all the time
                return


def run_once(binary, arguments):
    """(answered, problems, seconds until the server had ended)"""
    with ServerProcess(binary, *arguments) as server:
        workers = [Worker(server.port, number) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        time.sleep(SECONDS_BEFORE)
        answered_before = sum(worker.answered for worker in workers)
        began = time.monotonic()
        server.terminate()
        server.process.wait(30)
        seconds = time.monotonic() - began
        for worker in workers:
            worker.join(30)
        lost = [f"lost {at - began:+.3f} s after SIGTERM: {what}" for worker in workers for at, what in worker.lost]
        problems = lost
        if any(worker.is_alive() for worker in workers):
            problems.append("a client waits for its answer for ever")
        if server.process.returncode != 0:
            problems.append(f"exit code {server.process.returncode}")
        if seconds > MAX_SECONDS_TO_EXIT:
            problems.append(f"ended only after {seconds:.1f} s")
        if answered_before == 0:
            problems.append("no load before the signal")
        return sum(worker.answered for worker in workers), problems, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("server")
    parser.add_argument("--repeats", type=int, default=20)
    own_arguments, server_arguments = split_arguments(sys.argv[1:])
    options = parser.parse_args(own_arguments)
    failed = 0
    for repeat in range(options.repeats):
        answered, problems, seconds = run_once(options.server, server_arguments)
        failed += bool(problems)
        print(f"run {repeat + 1}: {answered} answered, {len(problems)} problems, ended after {seconds:.2f} s", flush=True)
        for problem in problems[:10]:
            print(f"  {problem}")
    print(f"{options.repeats - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
