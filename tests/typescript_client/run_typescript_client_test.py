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
sys.path[:0] = [str(HERE.parent / "integration"), str(HERE.parent / "support")]
import node_tools  # noqa: E402
from server_process import ServerProcess  # noqa: E402

SOURCES = ("client.ts", "main.mjs", "package.json", "tsconfig.json")


def run(*command, cwd):
    """Its output is shown when it fails."""
    ended = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exits with {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def test(quickstart, folder):
    for generated in ("schema.ts", "out"):
        path = folder / generated
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    node_tools.install([HERE / name for name in SOURCES], folder)
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
    node_tools.main(test, str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve())
