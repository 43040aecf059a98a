# SPDX-License-Identifier: BSL-1.0
"""The client against servers that aren't made for it: node's, nginx (plain and TLS, in front of node), and httpbin-like
routes of coroute's own server.

usage: run_client_peers_test.py CLIENT_PEERS HTTPBIN_APP [NAME...]

Exits with 77, which counts as skipped, when neither node nor nginx is there and none failed.
"""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "support")]
import nginx  # noqa: E402
from server_process import ServerProcess, free_port  # noqa: E402

NODE = shutil.which("node")

NGINX_CONFIGURATION = """
  client_max_body_size 0;
  ssl_certificate {folder}/server.pem;
  ssl_certificate_key {folder}/server.key;
  server {
    listen 127.0.0.1:PLAIN_PORT;
    listen 127.0.0.1:TLS_PORT ssl;
    location / {
      proxy_pass http://127.0.0.1:NODE_PORT;
      proxy_http_version 1.1;
      proxy_set_header host $http_host;
      proxy_set_header connection "";
      proxy_set_header x-forwarded-proto $scheme;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
    }
  }
"""


def make_certificate(folder):
    """Of 127.0.0.1, by a CA of its own."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key",
            "-out", "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "server.key",
            "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", "server.pem", "-extfile", "extensions")


@contextlib.contextmanager
def running(command, port):
    """A process, once it accepts connections."""
    with subprocess.Popen(command) as process:
        try:
            until = time.monotonic() + 20
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    break
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{command[0]} does not serve")
                time.sleep(0.02)
            yield
        finally:
            process.terminate()


def check(name, program, url, lacks="", ca=""):
    print(f"--- {name}: {url}", flush=True)
    environment = {**os.environ, "PEER_URL": url, "PEER_LACKS": lacks, "PEER_CA": str(ca)}
    return subprocess.run([program], env=environment, check=False).returncode == 0


def main(program, httpbin_app, *names):
    wanted = names or ("own", "node", "nginx", "nginx_tls")
    results = {}
    with contextlib.ExitStack() as servers:
        if "own" in wanted:
            own = servers.enter_context(ServerProcess(httpbin_app, "--access-log", "off"))
            results["own"] = check("own", program, f"http://127.0.0.1:{own.port}", lacks="brotli chunks")
        if NODE and {"node", "nginx", "nginx_tls"} & set(wanted):
            node = free_port()
            servers.enter_context(running([NODE, str(HERE / "node_server.mjs"), str(node)], node))
            if "node" in wanted:
                results["node"] = check("node", program, f"http://127.0.0.1:{node}")
        if NODE and nginx.PROGRAM and {"nginx", "nginx_tls"} & set(wanted):
            folder = Path(servers.enter_context(tempfile.TemporaryDirectory()))
            make_certificate(folder)
            port, tls_port = free_port(), free_port()
            text = NGINX_CONFIGURATION
            for name, value in (("PLAIN_PORT", port), ("TLS_PORT", tls_port), ("NODE_PORT", node)):
                text = text.replace(name, str(value))
            files = {name: (folder / name).read_bytes() for name in ("server.pem", "server.key")}
            servers.enter_context(nginx.Nginx(port, text, files))
            # Which of nginx's own connections to node a request takes is its business; trailers it keeps to itself.
            if "nginx" in wanted:
                results["nginx"] = check("nginx", program, f"http://127.0.0.1:{port}", lacks="connections trailers")
            if "nginx_tls" in wanted:
                results["nginx_tls"] = check("nginx_tls", program, f"https://127.0.0.1:{tls_port}", lacks="connections trailers",
                                             ca=folder / "ca.pem")
    failed = [name for name, good in results.items() if not good]
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        sys.exit(1)
    if set(results) == {"own"}:
        print("skipped: there is no node, which ./dev setup installs")
        sys.exit(77)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
