#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""A TypeScript client is generated from the document of services/quickstart, compiled with --strict, and talks to it.

usage: run_typescript_client_test.py QUICKSTART WORK_FOLDER

Exits with 77, which counts as skipped, where Node.js or npm is missing or npm reaches no package index.
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "integration"))
from server_process import ServerProcess  # noqa: E402

SOURCES = ("client.ts", "main.mjs", "package.json", "tsconfig.json")
OLDEST_NODE = 18  # which has fetch
NO_INDEX = ("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTCACHED", "ENOTFOUND",
            "ERR_SOCKET_TIMEOUT", "ETIMEDOUT", "FETCH_ERROR")


class Skipped(Exception):
    pass


def check_tools():
    for tool in ("node", "npm"):
        if not shutil.which(tool):
            raise Skipped(f"there is no {tool}, which ./dev setup installs")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version[1:].split(".")[0]) < OLDEST_NODE:
        raise Skipped(f"Node.js {version} is older than {OLDEST_NODE}")


def install(folder):
    """Anew only when package.json has changed."""
    wanted = (folder / "package.json").read_text()
    installed = folder / "node_modules" / "installed.json"
    if installed.exists() and installed.read_text() == wanted:
        return
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    ended = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts",
                            "--fetch-retries=1", "--fetch-timeout=60000"],
                           cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        reasons = [code for code in NO_INDEX if code in ended.stderr]
        if reasons:
            raise Skipped(f"npm reaches no package index: {reasons[0]}")
        sys.exit(f"npm install failed:\n{ended.stderr}")
    installed.write_text(wanted)


def run(*command, cwd):
    """Its output is shown when it fails."""
    ended = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exits with {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def test(quickstart, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        shutil.copyfile(HERE / name, folder / name)
    for generated in ("schema.ts", "out"):
        path = folder / generated
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    install(folder)
    document = run(quickstart, "--openapi", cwd=folder)
    json.loads(document)
    (folder / "openapi.json").write_text(document)
    programs = folder / "node_modules" / ".bin"
    # A member that has a default may be left out by who sends it.
    run(programs / "openapi-typescript", "openapi.json", "--default-non-nullable=false", "--output", "schema.ts",
        cwd=folder)
    run(programs / "tsc", "--project", "tsconfig.json", "--strict", cwd=folder)
    with ServerProcess(quickstart, "--access-log", "off") as server:
        run("node", "main.mjs", f"http://127.0.0.1:{server.port}", cwd=folder)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        check_tools()
        test(str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve())
    except Skipped as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
