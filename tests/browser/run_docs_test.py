#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs docs_test.mjs, in a real browser, against programs that it starts; 77, which counts as skipped, where something
is missing: Chromium, Node.js, npm's index, or Swagger UI in this build.

usage: run_docs_test.py DOCS_APP WORK_FOLDER [--quickstart PROGRAM] [--screenshots FOLDER] [--only PATTERN]
"""
import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "integration"), str(HERE.parent / "support")]
import node_tools  # noqa: E402
from server_process import ServerProcess  # noqa: E402


def check_browser():
    chromium = shutil.which("chromium")
    if not chromium:
        raise node_tools.Skipped("there is no Chromium, which ./dev setup installs")
    return chromium


def check_pages(origin):
    try:
        urllib.request.urlopen(f"{origin}/docs").close()
    except urllib.error.HTTPError:
        raise node_tools.Skipped("there is no Swagger UI in this build") from None


def test(arguments):
    environment = {**os.environ, "CHROMIUM": check_browser()}
    node_tools.install([HERE / "docs_test.mjs", HERE / "package.json"], arguments.work_folder)
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
        environment["SCREENSHOTS"] = str(arguments.screenshots)
    command = ["node", "--test"]
    if arguments.only:
        command.append(f"--test-name-pattern={arguments.only}")
    with contextlib.ExitStack() as servers:
        programs = (("DOCS_APP", arguments.docs_app, ()), ("QUICKSTART", arguments.quickstart, ("--access-log", "off")))
        for name, program, options in programs:
            if program:
                server = servers.enter_context(ServerProcess(program, *options))
                environment[name] = f"http://127.0.0.1:{server.port}"
        check_pages(environment["DOCS_APP"])
        sys.stdout.flush()
        ended = subprocess.run([*command, "docs_test.mjs"], cwd=arguments.work_folder, env=environment, check=False)
    if ended.returncode != 0:
        sys.exit(ended.returncode)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("docs_app")
    parser.add_argument("work_folder", type=lambda text: Path(text).resolve())
    parser.add_argument("--quickstart")
    parser.add_argument("--screenshots", type=lambda text: Path(text).resolve())
    parser.add_argument("--only")
    node_tools.main(test, parser.parse_args())
