#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs docs_test.py with the Python that has Playwright; 77, which counts as skipped, where something is missing.

usage: run_docs_test.py PYTHON DOCS_APP [options of docs_test.py]
"""
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "integration"))
from server_process import ServerProcess


def what_is_missing(python, docs_app):
    if not shutil.which("chromium"):
        return "Chromium"
    if not Path(python).exists() or subprocess.run([python, "-c", "import playwright"], check=False).returncode != 0:
        return "Playwright, which ./dev setup installs with pip"
    with ServerProcess(docs_app) as server:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/docs")
        except urllib.error.HTTPError:
            return "Swagger UI in this build"
    return None


if __name__ == "__main__":
    missing = what_is_missing(*sys.argv[1:3])
    if missing:
        print(f"skipped: there is no {missing}")
        sys.exit(77)
    sys.exit(subprocess.run([sys.argv[1], HERE / "docs_test.py", *sys.argv[2:]], check=False).returncode)
