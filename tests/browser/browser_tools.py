# SPDX-License-Identifier: BSL-1.0
"""Runs a test of this folder in a real browser; what is missing, Chromium, Node.js or npm's index, is a reason to skip it."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "integration"), str(HERE.parent / "support")]
import node_tools  # noqa: E402


def path(text):
    """For argparse."""
    return Path(text).resolve()


def add_options(parser):
    parser.add_argument("--screenshots", type=path)
    parser.add_argument("--only")


def chromium():
    program = shutil.which("chromium")
    if not program:
        raise node_tools.Skipped("there is no Chromium, which ./dev setup installs")
    return program


def run(script, work_folder, options, **variables):
    """Ends the process unless all tests of the script pass."""
    environment = {**os.environ, "CHROMIUM": chromium(), **variables}
    node_tools.install([HERE / script, HERE / "visit.mjs", HERE / "package.json"], work_folder)
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
        environment["SCREENSHOTS"] = str(options.screenshots)
    command = ["node", "--test"]
    if options.only:
        command.append(f"--test-name-pattern={options.only}")
    sys.stdout.flush()
    ended = subprocess.run([*command, script], cwd=work_folder, env=environment, check=False)
    if ended.returncode != 0:
        sys.exit(ended.returncode)
