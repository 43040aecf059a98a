# SPDX-License-Identifier: BSL-1.0
"""What all services have in common: command line, environment, health check, signals, logs."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from fake_backend import FakeBackend, json_reply
from service import (Answer, Service, Timed, binary, environment, free_port, run_to_end, wait_until)

NAMES = ("chat", "gateway", "loadtarget", "quickstart")
SOON = 1.0
COMMON_OPTIONS = ("--host", "--port", "--loops", "--access-log", "--log-level", "--log-format", "--log-file",
                  "--blocked-loop-limit", "--max-body-bytes", "--drain-timeout", "--healthcheck", "--print-env", "--help")


def answers(port):
    with contextlib.suppress(OSError):
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(5)
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            return connection.recv(9) == b"HTTP/1.1 "
    return False


def start_request(service, target):
    """A connection on which a handler is running."""
    connection = service.open_socket()
    connection.sendall(f"GET {target} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    time.sleep(0.1)
    return connection


class CommandLineTest(unittest.TestCase):
    def test_help(self):
        for name in NAMES:
            ended = run_to_end(name, "--help", "--port", 1)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            for option in COMMON_OPTIONS:
                self.assertRegex(ended.stdout, rf"(?m)^ +{option}\b")

    def test_environment_is_printed(self):
        for name in NAMES:
            ended = run_to_end(name, "--print-env", "--log-format", "json", COROUTE_PORT="8123", COROUTE_HOST="::1")
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            variables = dict(line.split("=", 1) for line in ended.stdout.splitlines())
            self.assertEqual((variables["COROUTE_PORT"], variables["COROUTE_HOST"], variables["COROUTE_LOG_FORMAT"]),
                             ("8123", "::1", "json"))
            again = run_to_end(name, "--print-env", **variables)
            self.assertEqual(again.stdout, ended.stdout)

    def test_mistakes_end_with_2_and_a_sentence(self):
        for name in NAMES:
            for arguments, variables, said in ((["--nonsense"], {}, "--nonsense"), (["--port", "http"], {}, "--port"),
                                               (["--port", "65536"], {}, "65535"), (["--port"], {}, "--port"),
                                               (["--loops", "-1"], {}, "--loops"),
                                               ([], {"COROUTE_PORT": "x"}, "COROUTE_PORT"),
                                               (["--access-log", "yes"], {}, "on or off"), (["stray"], {}, "stray"),
                                               (["--log-format", "xml"], {}, "text or json")):
                with self.subTest(name=name, arguments=arguments):
                    ended = run_to_end(name, *arguments, **variables)
                    self.assertEqual((ended.returncode, ended.stdout), (2, ""))
                    self.assertIn(said, ended.stderr)

    def test_flag_goes_before_environment(self):
        for name in NAMES:
            of_flag, of_variable = free_port(), free_port()
            with Service(name, port=of_flag, COROUTE_PORT=str(of_variable)) as service:
                self.assertEqual(service.port, of_flag)
                self.assertTrue(answers(of_flag))
                self.assertFalse(answers(of_variable))
            with Service(name, port=None, COROUTE_PORT=str(of_variable), COROUTE_LOOPS="1") as service:
                self.assertEqual(service.port, of_variable)
                self.assertIn("with 1 loop ", service.log())

    def test_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            self.check_taken(holder.getsockname()[1])
        with Service("quickstart", "--loops", 2) as holder:
            self.check_taken(holder.port)
            self.assertTrue(answers(holder.port))

    def check_taken(self, port):
        for name in NAMES:
            for loops in (1, 2):
                ended = run_to_end(name, "--port", port, "--loops", loops)
                self.assertEqual((name, ended.returncode), (name, 1))
                self.assertIn("in use", ended.stderr)
                self.assertIn(str(port), ended.stderr)

    def test_address_that_is_not_ours(self):
        for host in ("192.0.2.1", "no-such-host.invalid"):
            ended = run_to_end("quickstart", "--host", host, "--port", 0)
            self.assertEqual((host, ended.returncode), (host, 1))
            self.assertIn(host, ended.stderr)


class HealthcheckTest(unittest.TestCase):
    def ask(self, name, port, **variables):
        return run_to_end(name, "--healthcheck", "--port", port, **variables)

    def test_up(self):
        for name in NAMES:
            with Service(name) as service:
                ended = self.ask(name, service.port)
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
                self.assertIn(str(service.port), ended.stdout)
                of_variables = run_to_end(name, "--healthcheck", COROUTE_PORT=str(service.port), COROUTE_HOST="0.0.0.0")
                self.assertEqual(of_variables.returncode, 0)

    def test_down(self):
        for name in NAMES:
            ended = self.ask(name, free_port())
            self.assertEqual((ended.returncode, ended.stdout), (1, ""))
            self.assertIn("does not answer", ended.stderr)

    def test_ill(self):
        for reply in (json_reply("{}", "503 Service Unavailable"), b"garbage\r\n\r\n", b"", None):
            with self.subTest(reply), FakeBackend(reply) as backend:
                call = Timed(lambda port=backend.port: self.ask("gateway", port))
                self.assertEqual(call.results[0].returncode, 1)
                self.assertTrue(call.results[0].stderr)
                self.assertLess(call.total, 5)


class SignalTest(unittest.TestCase):
    def stop_in(self, service, number=signal.SIGTERM):
        service.process.send_signal(number)
        return Timed(service.wait).total

    def test_idle_service_ends_at_once(self):
        for name in NAMES:
            for number in (signal.SIGTERM, signal.SIGINT):
                with Service(name) as service:
                    self.assertLess(self.stop_in(service, number), SOON)
                    self.assertEqual(service.wait(), 0)
                    self.assertIn("stopped", service.log())

    def test_idle_connections_do_not_hold_it_up(self):
        for name in NAMES:
            with Service(name) as service, contextlib.ExitStack() as connections:
                for _ in range(20):
                    connection = connections.enter_context(contextlib.closing(service.connect()))
                    connection.request("GET", "/")
                    connection.getresponse().read()
                connections.enter_context(service.open_socket())
                self.assertLess(self.stop_in(service), SOON)
                self.assertEqual(service.wait(), 0)

    def test_running_requests_are_answered(self):
        with Service("loadtarget", "--loops", 2) as service:
            with contextlib.closing(service.connect()) as connection:
                connection.request("GET", "/sleep/700")
                time.sleep(0.1)
                service.terminate()
                wait_until(lambda: not answers(service.port), "no new connections are accepted")
                answer = Answer(connection.getresponse())
            self.assertEqual((answer.status, answer.json()), (200, {"slept_ms": 700}))
            self.assertEqual(answer.headers["connection"], "close")
            self.assertEqual(service.wait(SOON), 0)

    def test_drain_has_an_end(self):
        with Service("loadtarget", "--drain-timeout", "300ms") as service:
            with start_request(service, "/sleep/60000") as connection:
                self.assertLess(self.stop_in(service), 5)
                self.assertEqual(service.wait(), 0)
                self.assertIn(b"503", connection.recv(100))

    def test_second_signal_ends_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Service("loadtarget") as service, start_request(service, "/sleep/60000"):
                service.terminate()
                time.sleep(0.3)
                self.assertIsNone(service.process.poll())
                self.assertLess(self.stop_in(service, number), SOON)
                service.expected_exit = 128 + number


class WatchTest(unittest.TestCase):
    def test_tasks_on_a_signal(self):
        with Service("loadtarget", "--loops", 2) as service, start_request(service, "/sleep/2000"):
            service.process.send_signal(signal.SIGUSR1)
            self.assertRegex(service.wait_for_line("waits for sleep"), r"^ +Task \d+ '.+', [\d.]+ s old, waits for sleep since")
            self.assertRegex(service.wait_for_line(r"^ +at .*app\.cpp:\d+\)$"), "wait")
            self.assertEqual(len(re.findall(r"(?m)^loop \d+ \(thread \d+\): \d+ tasks?$", service.log())), 2)
            self.assertEqual(service.get("/healthz").status, 200)

    def test_tasks_on_a_signal_as_json(self):
        with Service("loadtarget", "--loops", 2, "--log-format", "json") as service:
            with start_request(service, "/sleep/2000"):
                service.process.send_signal(signal.SIGUSR1)
                loops = json.loads(service.wait_for_line('^{"loops":'))["loops"]
        self.assertEqual([loop["answered"] for loop in loops], [True, True])
        sleeping = [task for loop in loops for task in loop["tasks"] if task["waits_for"] == "sleep"]
        self.assertEqual(len(sleeping), 1)
        self.assertTrue(any(entry["file"].endswith("app.cpp") for entry in sleeping[0]["stack"]), sleeping)

    def test_blocked_loop_is_reported_with_its_stack(self):
        with Service("gateway", "--loops", 1) as service:
            self.assertEqual(service.get("/compare?n=1&path=/slow/1500").status, 200)
            line = service.wait_for_line("event loop is blocked")
            self.assertRegex(line, r" WARNING event loop is blocked loop=\d+ thread=\d+ seconds=[\d.]+ task=\S+$")
            service.wait_for_line("^  at .*blocking_get")
            service.wait_for_line(r"^  at .*compare.*compare\.cpp:\d+\)$")
        with Service("gateway", "--loops", 1, "--blocked-loop-limit", "0") as service:
            self.assertEqual(service.get("/compare?n=1&path=/slow/1500").status, 200)
        self.assertNotIn("blocked", service.log())


class LogTest(unittest.TestCase):
    def test_json_lines(self):
        with Service("loadtarget", "--log-format", "json") as service:
            with contextlib.closing(service.connect()) as connection:
                connection.request("GET", "/items/7?q=secret", headers={"x-request-id": "order-7"})
                connection.getresponse().read()
            service.request("POST", "/echo", b"12345")
            service.get('/not%0Athere/"x"\\')
            service.get("/sleep/50")
            service.wait_for_line("/sleep/")
        entries = [json.loads(line) for line in service.lines if line is not None]
        for entry in entries:
            self.assertRegex(entry["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual(entry["level"], "info")
        requests = [entry for entry in entries if "request_id" in entry]
        self.assertEqual([(entry["method"], entry["route"], entry["status"], entry["bytes"]) for entry in requests],
                         [("GET", "/items/{item_id}", 200, 26), ("POST", "/echo", 200, 5),
                          ("GET", "-", 404, 22), ("GET", "/sleep/{ms}", 200, 15)])
        self.assertEqual(requests[0]["path"], "/items/7")
        self.assertEqual(requests[0]["request_id"], "order-7")
        self.assertEqual(len({entry["request_id"] for entry in requests}), 4)
        for entry in requests[1:]:
            self.assertRegex(entry["request_id"], "^[0-9a-f]{16}$")
        self.assertGreaterEqual(requests[3]["duration_ms"], 50)
        self.assertLess(requests[0]["duration_ms"], 50)
        self.assertRegex(requests[0]["client"], r"^127\.0\.0\.1:\d+$")

    def test_text_line(self):
        with Service("quickstart") as service:
            service.get("/items/5")
            line = service.wait_for_line("/items/5")
        self.assertRegex(line, r"^20\S+Z INFO request method=GET path=/items/5 route=/items/\{item_id\} status=200 "
                               r"bytes=\d+ duration_ms=[\d.]+ request_id=[0-9a-f]{16} client=127\.0\.0\.1:\d+$")

    def test_silence(self):
        for name in NAMES:
            with Service(name, "--access-log", "off") as service:
                for _ in range(20):
                    service.get("/")
                    service.get("/nothing")
            self.assertEqual(len(service.log().splitlines()), 2, service.log())
        port = free_port()
        process = subprocess.Popen([binary("quickstart"), "--port", str(port), "--log-level", "off"],
                                   stderr=subprocess.PIPE, env=environment())
        wait_until(lambda: answers(port), "it serves")
        process.terminate()
        self.assertEqual((process.communicate()[1], process.returncode), (b"", 0))

    def test_every_request_is_logged_once(self):
        with Service("loadtarget", "--loops", 2) as service:
            def ask(client):
                with contextlib.closing(service.connect()) as connection:
                    for i in range(250):
                        connection.request("GET", f"/items/{client * 1000 + i}")
                        connection.getresponse().read()
            Timed(*[lambda client=client: ask(client) for client in range(4)])
        logged = re.findall(r"path=/items/(\d+) ", service.log())
        self.assertEqual(sorted(map(int, logged)), sorted(client * 1000 + i for client in range(4) for i in range(250)))

    def test_failed_handler_has_a_line(self):
        with FakeBackend(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1") as backend:
            with Service("gateway", "--backend", "a=" + backend.url) as service:
                self.assertEqual(service.get("/fetch?from=a:/x").status, 200)
                self.assertNotIn("ERROR", service.log())

    def test_log_file_is_appended_to(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "service.log"
            for run in (1, 2):
                port = free_port()
                process = subprocess.Popen([binary("quickstart"), "--port", str(port), "--log-file", str(path)],
                                           env=environment(), stderr=subprocess.PIPE)
                wait_until(lambda port=port: answers(port), "it serves")
                process.terminate()
                self.assertEqual((process.communicate()[1], process.returncode), (b"", 0))
                self.assertEqual(path.read_text().count("serving on"), run)
            ended = run_to_end("quickstart", "--port", 0, "--log-file", Path(folder) / "none" / "x.log")
            self.assertEqual(ended.returncode, 1)
            self.assertIn("x.log", ended.stderr)


class FullLogTest(unittest.TestCase):
    """A log that nobody can write costs lines, never answers."""

    REQUEST = b"GET /plaintext HTTP/1.1\r\nhost: x\r\n\r\n"

    @staticmethod
    def read_answer(reader):
        answer = b""
        while not answer.endswith(b"Hello, World!"):
            answer += reader.read(1)
        return answer

    def serve_and_ask(self, *arguments, **streams):
        port = free_port()
        process = subprocess.Popen([binary("loadtarget"), "--port", str(port), *arguments], env=environment(),
                                   **streams)
        try:
            wait_until(lambda: answers(port), "it serves")
            with socket.create_connection(("127.0.0.1", port), 10) as connection, connection.makefile("rb") as reader:
                connection.sendall(self.REQUEST)
                size = len(self.read_answer(reader))
                for _ in range(20):
                    connection.sendall(self.REQUEST * 100)
                    self.assertEqual(reader.read(100 * size).count(b"HTTP/1.1 200 OK\r\n"), 100)
            process.terminate()
            self.assertEqual(process.wait(10), 0)
        finally:
            process.kill()
            process.wait()

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            self.serve_and_ask(stderr=full)
        self.serve_and_ask("--log-file", "/dev/full")

    def test_closed_stderr(self):
        self.serve_and_ask(preexec_fn=lambda: os.close(2))

    def test_pipe_that_nobody_reads(self):
        reading, writing = os.pipe()
        try:
            self.serve_and_ask(stderr=writing)  # and is full soon
        finally:
            os.close(reading)
            os.close(writing)

    def test_pipe_that_is_closed(self):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            self.serve_and_ask(stderr=writing)
        finally:
            os.close(writing)
