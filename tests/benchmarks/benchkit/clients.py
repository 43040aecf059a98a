# SPDX-License-Identifier: BSL-1.0
"""The HTTP clients that are compared, and what is asked through them."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from benchkit.cases import BENCHMARKS, CASES, Case
from benchkit.processes import BenchError

SOURCES = BENCHMARKS / "client"
OURS = "coroute"
GO_PLACES = ("/usr/local/go/bin", "/usr/lib/go/bin")


@dataclass(frozen=True)
class Client:
    name: str
    command: tuple[str, ...]
    environment: dict = field(default_factory=dict)
    native: bool = True  # callgrind can count its instructions


@dataclass(frozen=True)
class ClientCase:
    name: str
    asked: Case
    concurrent: int   # requests under way at once, those that wait for a connection included
    connections: int  # at most

    def arguments(self, port, answer_size):
        arguments = ["--port", port, "--path", self.asked.path, "--answer-size", answer_size,
                     "--concurrent", self.concurrent, "--connections", self.connections]
        if self.asked.body:
            arguments += ["--body", self.asked.body]
        return [str(argument) for argument in arguments]


CLIENT_CASES = {case.name: case for case in (
    ClientCase("plaintext", CASES["plaintext"], 50, 50),
    ClientCase("post", CASES["post"], 50, 50),
    ClientCase("bytes100k", CASES["bytes100k"], 50, 50),
    ClientCase("queued", CASES["plaintext"], 1000, 50),
    ClientCase("single", CASES["plaintext"], 1, 1),
)}


def parse_figures(client, output):
    try:
        return json.loads(output.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise BenchError(f"{client.name} printed no figures: {output[-400:]}") from error


def build_go_client(build_dir):
    """The program, or why there is none."""
    go = shutil.which("go", path=os.pathsep.join([os.environ.get("PATH", ""), *GO_PLACES]))
    if not go:
        return None, "there is no go"
    program = build_dir / "tests" / "go_client"
    environment = {"HOME": str(build_dir), **os.environ, "GOTOOLCHAIN": "local"}
    built = subprocess.run([go, "build", "-o", program, SOURCES / "go_client.go"], env=environment,
                           capture_output=True, text=True, check=False)
    return (program, None) if built.returncode == 0 else (None, built.stderr.strip()[-400:])


def find_clients(build_dir):
    """{name: client} of those whose tool is there; says which are left out."""
    found = {}
    for name in (OURS, "floor", "curl", "beast"):
        program = build_dir / "tests" / f"{name}_client"
        if program.is_file():
            found[name] = Client(name, (str(program.resolve()),))
        else:
            print(f"skipped client {name}: no such file: {program}")
    program, missing = build_go_client(build_dir.resolve())
    if program:
        found["go"] = Client("go", (str(program),), {"GOMAXPROCS": "1"}, native=False)
    else:
        print(f"skipped client go: {missing}")
    node = shutil.which("node")
    for api in ("http", "fetch"):
        if node:
            command = (node, str(SOURCES / "node_client.mjs"), "--api", api)
            found[f"node {api}"] = Client(f"node {api}", command, native=False)
    if not node:
        print("skipped client node: there is no node")
    if OURS not in found:
        raise BenchError("no coroute_client was found")
    return found
