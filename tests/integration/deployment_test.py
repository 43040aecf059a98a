# SPDX-License-Identifier: BSL-1.0
"""loadtarget as it is deployed: with TLS, behind nginx, on sockets that others have opened.

usage: deployment_test.py FOLDER_OF_THE_BINARIES [options and test names of unittest]
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import nginx  # noqa: E402
import service  # noqa: E402

SEARCHED = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
HAPROXY = shutil.which("haproxy", path=SEARCHED)
SSLSCAN = shutil.which("sslscan", path=SEARCHED)
SKIPPED = 77  # what CMake's SKIP_RETURN_CODE says


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A service whose log says at last where it serves; a context manager."""

    def __init__(self, *command, **options):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(list(map(str, command)), stderr=self.log, stdout=subprocess.DEVNULL,
                                        env=service.environment(), **options)

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def wait_for(self, pattern):
        service.wait_until(lambda: re.search(pattern, self.text()) or self.process.poll() is not None, pattern)
        found = re.search(pattern, self.text())
        if not found:
            raise AssertionError(f"ended without {pattern!r}: {self.text()}")
        return found

    def __enter__(self):
        self.place = self.wait_for(r"serving on (\S+)")[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.log.close()


class DeploymentTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.binary = service.binary("loadtarget")

    def certificate(self, name, stem):
        """(certificate, key) for a name, signed by itself."""
        paths = self.folder / f"{stem}.pem", self.folder / f"{stem}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                        "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
        return paths

    def curl(self, *arguments):
        ended = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "30", *map(str, arguments)],
                               capture_output=True, env=service.environment(no_proxy="*"), timeout=60)
        self.assertEqual(ended.returncode, 0, ended.stderr.decode(errors="replace"))
        return ended.stdout

    def secured(self, *arguments):
        self.pem, self.key = self.certificate("shop.test", "shop")
        return Process(self.binary, "--port", 0, "--ssl-certfile", self.pem, "--ssl-keyfile", self.key, *arguments)

    def handshake(self, port, *arguments):
        """What openssl says about one."""
        return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments], input=b"",
                              capture_output=True, timeout=30).stdout.decode(errors="replace")

    def test_curl_through_tls(self):
        with self.secured() as secured:
            self.assertTrue(secured.place.startswith("https://127.0.0.1:"), secured.place)
            port = secured.place.rpartition(":")[2]
            got = self.curl("--cacert", self.pem, "--resolve", f"shop.test:{port}:127.0.0.1",
                            f"https://shop.test:{port}/plaintext")
            self.assertEqual(got, b"Hello, World!")

    def test_openssl_agrees_on_http11(self):
        with self.secured() as secured:
            port = secured.place.rpartition(":")[2]
            self.assertIn("ALPN protocol: http/1.1", self.handshake(port, "-alpn", "h2,http/1.1"))
            self.assertIn("TLSv1.2", self.handshake(port, "-tls1_2"))
            for refused in (["-alpn", "h2"], ["-tls1_2", "-cipher", "AES128-SHA"]):
                self.assertIn("no peer certificate available", self.handshake(port, *refused))

    @unittest.skipUnless(SSLSCAN, "sslscan is not installed")
    def test_sslscan_finds_tls_1_2_and_1_3_with_aead_only(self):
        with self.secured() as secured:
            place = secured.place.removeprefix("https://")
            report = subprocess.run([SSLSCAN, "--no-colour", place], capture_output=True, text=True, timeout=120).stdout
        protocols = dict(re.findall(r"^((?:SSL|TLS)v[\d.]+) +(enabled|disabled)$", report, re.M))
        self.assertEqual(protocols, {"SSLv2": "disabled", "SSLv3": "disabled", "TLSv1.0": "disabled",
                                     "TLSv1.1": "disabled", "TLSv1.2": "enabled", "TLSv1.3": "enabled"})
        suites = re.findall(r"^(?:Preferred|Accepted) +(\S+) +\d+ bits +(\S+)", report, re.M)
        self.assertEqual({version for version, _ in suites}, {"TLSv1.2", "TLSv1.3"})
        for _, suite in suites:
            self.assertRegex(suite, "GCM|CHACHA20|CCM")
            self.assertRegex(suite, "^(TLS_|ECDHE-)")
        self.assertIn("Session renegotiation not supported", report)

    def test_sighup_reads_the_certificate_again(self):
        with self.secured() as secured:
            port = secured.place.rpartition(":")[2]
            self.assertIn("CN = shop.test", self.handshake(port))
            for path, other in zip((self.pem, self.key), self.certificate("other.test", "other")):
                shutil.copy(other, path)
            secured.process.send_signal(signal.SIGHUP)
            secured.wait_for("certificates reloaded")
            service.wait_until(lambda: "CN = other.test" in self.handshake(port), "the new certificate")
            self.pem.write_text("none")
            secured.process.send_signal(signal.SIGHUP)
            secured.wait_for("certificates not reloaded")
            self.assertIn("CN = other.test", self.handshake(port))

    def test_curl_sends_a_proxy_header(self):
        with Process(self.binary, "--port", 0, "--proxy-protocol", "on") as proxied:
            got = self.curl("--haproxy-protocol", proxied.place + "/plaintext")
            self.assertEqual(got, b"Hello, World!")
            with socket.create_connection(("127.0.0.1", int(proxied.place.rpartition(":")[2])), timeout=20) as raw:
                raw.sendall(b"PROXY TCP4 192.0.2.7 198.51.100.1 5 6\r\nGET /plaintext HTTP/1.1\r\nhost: x\r\n\r\n")
                self.assertTrue(raw.recv(4096).startswith(b"HTTP/1.1 200 "))
            proxied.wait_for(r"client=\"?192\.0\.2\.7:5")

    def haproxy(self, port, servers):
        """One that listens on `port` and sends what it gets to `servers`, whole configuration lines."""
        path = self.folder / "haproxy.cfg"
        path.write_text("\n".join(["defaults", "  mode tcp", "  timeout connect 10s", "  timeout client 30s",
                                   "  timeout server 30s", "listen shop", f"  bind 127.0.0.1:{port}", *servers, ""]))
        return subprocess.Popen([HAPROXY, "-db", "-q", "-f", path], stderr=subprocess.DEVNULL)

    @unittest.skipUnless(HAPROXY, "haproxy is not installed")
    def test_haproxy_sends_proxy_headers_of_both_versions(self):
        for sends in ("send-proxy", "send-proxy-v2"):
            with Process(self.binary, "--port", 0, "--proxy-protocol", "on", "--keep-alive-timeout", "20s") as proxied:
                port = service.free_port()
                proxy = self.haproxy(port, [f"  server one {proxied.place.removeprefix('http://')} {sends}"])
                try:
                    service.wait_until(lambda: accepts(port), "haproxy")
                    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                        for _ in range(2):
                            client.sendall(b"GET /plaintext HTTP/1.1\r\nhost: x\r\n\r\n")
                            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200 "), sends)
                        proxied.wait_for(rf"client=\"?127\.0\.0\.1:{client.getsockname()[1]}")
                finally:
                    proxy.kill()
                    proxy.wait()

    @unittest.skipUnless(nginx.PROGRAM, "nginx is not installed (Debian: nginx-light)")
    def test_nginx_in_front_of_a_unix_socket(self):
        path = self.folder / "http.sock"
        with Process(self.binary, "--uds", path, "--forwarded-allow-ips", "unix") as behind:
            self.assertEqual(behind.place, f"unix:{path}")
            port = service.free_port()
            lines = (f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://unix:{path}; "
                     "proxy_set_header X-Forwarded-For 203.0.113.9; proxy_set_header X-Forwarded-Proto https; } }")
            with nginx.Nginx(port, lines):
                for _ in range(20):
                    self.assertEqual(self.curl(f"http://127.0.0.1:{port}/plaintext"), b"Hello, World!")
            behind.wait_for(r"client=\"?203\.0\.113\.9")
        self.assertFalse(path.exists())

    def test_healthcheck_of_a_unix_socket(self):
        path = self.folder / "http.sock"
        with Process(self.binary, "--uds", path):
            self.assertEqual(service.run_to_end("loadtarget", "--uds", path, "--healthcheck").returncode, 0)
        self.assertEqual(service.run_to_end("loadtarget", "--uds", path, "--healthcheck").returncode, 1)

    def test_healthcheck_through_tls(self):
        pem, key = self.certificate("shop.test", "shop")
        options = ["--ssl-certfile", pem, "--ssl-keyfile", key]
        for wants_certificates in ([], ["--ssl-ca-certs", pem]):
            with Process(self.binary, "--port", 0, *options, *wants_certificates) as secured:
                port = secured.place.rpartition(":")[2]
                check = [*options, *wants_certificates, "--port", port, "--healthcheck"]
                ended = service.run_to_end("loadtarget", *check)
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            self.assertEqual(service.run_to_end("loadtarget", *check).returncode, 1)

    def inherited(self, listener, *arguments, variables=""):
        """A service that gets the listener as descriptor 3."""
        words = " ".join(map(str, (self.binary, *arguments)))
        return Process("sh", "-c", f"{variables} exec {words}", pass_fds=[3],
                       preexec_fn=lambda: os.dup2(listener.fileno(), 3))

    def test_sockets_of_systemd_and_of_another_parent(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            for options in ({"variables": "LISTEN_PID=$$ LISTEN_FDS=1"}, {}):
                arguments = [] if options else ["--fd", 3]
                with self.inherited(listener, *arguments, **options):
                    self.assertEqual(self.curl(f"http://127.0.0.1:{port}/plaintext"), b"Hello, World!")

    def test_a_restart_with_an_inherited_socket_loses_no_request(self):
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            port = listener.getsockname()[1]
            with self.inherited(listener, "--fd", 3):
                self.assertEqual(self.curl(f"http://127.0.0.1:{port}/plaintext"), b"Hello, World!")
            waiting = subprocess.Popen(["curl", "--silent", "--max-time", "30", f"http://127.0.0.1:{port}/plaintext"],
                                       stdout=subprocess.PIPE, env=service.environment(no_proxy="*"))
            with self.inherited(listener, "--fd", 3):
                self.assertEqual(waiting.communicate(timeout=30)[0], b"Hello, World!")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    service.use_folder(sys.argv.pop(1))
    if not shutil.which("curl") or not shutil.which("openssl"):
        print("skipped: curl or openssl is not installed")
        sys.exit(SKIPPED)
    unittest.main()
