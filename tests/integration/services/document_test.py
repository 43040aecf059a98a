# SPDX-License-Identifier: BSL-1.0
"""What every service prints about itself instead of serving, and how it serves its OpenAPI document."""

import json
import os
import signal
import socket
import subprocess
import unittest

from service import Service, binary, environment, run_to_end

NAMES = ("chat", "gateway", "loadtarget", "quickstart")


def run_into(name, *arguments, stdout):
    return subprocess.run([binary(name), *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=20,
                          env=environment(), check=False)


class PrintedDocumentTest(unittest.TestCase):
    def test_it_is_json_and_the_one_that_is_served(self):
        for name in NAMES:
            with self.subTest(name):
                ended = run_to_end(name, "--openapi")
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
                self.assertTrue(ended.stdout.endswith("}\n"))
                document = json.loads(ended.stdout)
                self.assertEqual(document["openapi"], "3.1.0")
                with Service(name) as service:
                    self.assertEqual(service.get("/openapi.json").json(), document)

    def test_every_operation_has_an_id_of_its_own(self):
        for name in NAMES:
            document = json.loads(run_to_end(name, "--openapi").stdout)
            ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
            self.assertEqual((name, len(ids)), (name, len(set(ids))))

    def test_a_taken_port_does_not_matter(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            for name in NAMES:
                for option in ("--openapi", "--routes", "--print-env"):
                    ended = run_to_end(name, option, "--port", holder.getsockname()[1])
                    self.assertEqual((name, option, ended.returncode, ended.stderr), (name, option, 0, ""))

    def test_it_is_complete_in_a_file_and_in_a_pipe(self):
        whole = run_to_end("loadtarget", "--openapi").stdout
        reading, writing = os.pipe()
        os.set_blocking(writing, True)
        with open(reading, encoding="utf-8") as reader:
            process = subprocess.Popen([binary("loadtarget"), "--openapi"], stdout=writing, env=environment())
            os.close(writing)
            self.assertEqual(reader.read(), whole)
            self.assertEqual(process.wait(20), 0)

    def test_no_log_line_gets_into_it(self):
        ended = run_to_end("quickstart", "--openapi", "--log-level", "trace", "--log-format", "json")
        self.assertEqual(ended.stderr, "")
        json.loads(ended.stdout)


class PrintedRoutesTest(unittest.TestCase):
    def test_one_line_for_each_route(self):
        for name in NAMES:
            with self.subTest(name):
                ended = run_to_end(name, "--routes")
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
                rows = [line.split() for line in ended.stdout.splitlines()]
                for row in rows:
                    self.assertRegex(row[0], r"^(\*|[A-Z]+(,[A-Z]+)*)$")
                    self.assertTrue(row[1].startswith("/"))
                self.assertIn(["GET", "/openapi.json"], [row[:2] for row in rows])
                document = json.loads(run_to_end(name, "--openapi").stdout)
                listed = {row[1].replace(":path}", "}") for row in rows}
                self.assertLessEqual(set(document["paths"]), listed)

    def test_path_parameters_are_shown(self):
        self.assertRegex(run_to_end("quickstart", "--routes").stdout, r"(?m)^GET +/items/\{item_id\}")


class PrintedSettingsTest(unittest.TestCase):
    def test_flags_go_before_the_environment_and_that_before_defaults(self):
        for name in NAMES:
            ended = run_to_end(name, "--print-env", "--port", 1234, COROUTE_PORT="1", COROUTE_LOOPS="3")
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            lines = ended.stdout.splitlines()
            for line in lines:
                self.assertRegex(line, "^COROUTE_[A-Z_]+=")
            for wanted in ("COROUTE_PORT=1234", "COROUTE_LOOPS=3", "COROUTE_HOST=127.0.0.1"):
                self.assertIn(wanted, lines)

    def test_settings_of_the_service_itself_are_there(self):
        self.assertIn("COROUTE_BACKEND_SLOTS=7",
                      run_to_end("gateway", "--print-env", "--backend-slots", 7).stdout.splitlines())


class MistakesTest(unittest.TestCase):
    def test_other_mistakes_on_the_command_line_still_count(self):
        for name in NAMES:
            for option in ("--openapi", "--routes", "--print-env"):
                for mistake in (["--nonsense"], ["--port", "http"], ["stray"]):
                    ended = run_to_end(name, option, *mistake)
                    self.assertEqual((ended.returncode, ended.stdout), (2, ""))
                    self.assertTrue(ended.stderr)

    def test_they_take_no_value(self):
        for option in ("--openapi=x", "--routes=x"):
            ended = run_to_end("quickstart", option)
            self.assertEqual((ended.returncode, ended.stdout), (2, ""))
            self.assertIn(option.split("=", maxsplit=1)[0], ended.stderr)

    def test_what_cannot_be_written_is_an_error(self):
        for name in NAMES:
            for option in ("--openapi", "--routes", "--print-env", "--help"):
                with open("/dev/full", "wb") as full:
                    ended = run_into(name, option, stdout=full)
                self.assertEqual((option, ended.returncode, ended.stderr),
                                 (option, 2, "stdout can't be written\n"))

    def test_a_reader_that_leaves_ends_it_as_any_filter(self):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            ended = subprocess.run([binary("quickstart"), "--openapi"], stdout=writing, stderr=subprocess.PIPE,
                                   timeout=20, env=environment(), check=False,
                                   preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
        finally:
            os.close(writing)
        self.assertEqual((ended.returncode, ended.stderr), (-signal.SIGPIPE, b""))


class ServedDocumentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("quickstart", "--loops", 2)
        cls.addClassCleanup(cls.service.stop)

    def ask(self, method="GET", **headers):
        return self.service.request(method, "/openapi.json", headers={k.replace("_", "-"): v for k, v in headers.items()})

    def test_it_is_sent_again_only_when_it_has_changed(self):
        first = self.ask()
        self.assertEqual((first.status, first.headers["content-type"], first.headers["cache-control"]),
                         (200, "application/json", "no-cache"))
        etag = first.headers["etag"]
        self.assertRegex(etag, '^"[^"]+"$')
        unchanged = self.ask(if_none_match=etag)
        self.assertEqual((unchanged.status, unchanged.body, unchanged.headers["etag"]), (304, b"", etag))
        self.assertNotIn("content-length", unchanged.headers)
        other = self.ask(if_none_match='"other"')
        self.assertEqual((other.status, other.body), (200, first.body))

    def test_all_loops_and_processes_have_the_same(self):
        answers = {(self.ask().headers["etag"], self.ask().body) for _ in range(10)}
        self.assertEqual(len(answers), 1)
        with Service("quickstart") as another:
            answer = another.get("/openapi.json")
            self.assertEqual({(answer.headers["etag"], answer.body)}, answers)

    def test_head(self):
        whole = self.ask()
        head = self.ask("HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        for name in ("etag", "content-length", "content-type", "cache-control"):
            self.assertEqual((name, head.headers[name]), (name, whole.headers[name]))
        self.assertEqual(self.ask("HEAD", if_none_match=head.headers["etag"]).status, 304)

    def test_many_at_once_on_one_connection(self):
        whole = self.ask().body
        with self.service.open_socket() as connection, connection.makefile("rb") as reader:
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 50)
            for _ in range(50):
                while reader.readline() not in (b"\r\n", b""):
                    pass
                self.assertEqual(reader.read(len(whole)), whole)


if __name__ == "__main__":
    unittest.main()
