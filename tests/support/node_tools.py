# SPDX-License-Identifier: BSL-1.0
"""Node.js packages of a test, in a folder of the build; what is missing is a reason to skip the test."""
import shutil
import subprocess
import sys

OLDEST_NODE = 18  # which has fetch, and node:test
NO_INDEX = ("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTCACHED", "ENOTFOUND",
            "ERR_SOCKET_TIMEOUT", "ETIMEDOUT", "FETCH_ERROR")
SKIPPED = 77


class Skipped(Exception):
    pass


def check_node():
    for tool in ("node", "npm"):
        if not shutil.which(tool):
            raise Skipped(f"there is no {tool}, which ./dev setup installs")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version[1:].split(".")[0]) < OLDEST_NODE:
        raise Skipped(f"Node.js {version} is older than {OLDEST_NODE}")


def install(sources, folder):
    """Copies the files to the folder, and installs what package.json names: anew only when that has changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        shutil.copyfile(source, folder / source.name)
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


def main(test, *arguments):
    """Runs the test, which may raise Skipped."""
    try:
        check_node()
        test(*arguments)
    except Skipped as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
