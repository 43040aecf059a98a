#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs docs_test.mjs, in a real browser, against programs that it starts; 77, which counts as skipped, where something
is missing: Chromium, Node.js, npm's index, or Swagger UI in this build.

usage: run_docs_test.py DOCS_APP WORK_FOLDER [--quickstart PROGRAM] [--screenshots FOLDER] [--only PATTERN]
"""
import argparse
import contextlib
import urllib.error
import urllib.request

import browser_tools
from browser_tools import node_tools
from server_process import ServerProcess


def check_pages(origin):
    try:
        urllib.request.urlopen(f"{origin}/docs").close()
    except urllib.error.HTTPError:
        raise node_tools.Skipped("there is no Swagger UI in this build") from None


def test(arguments):
    browser_tools.chromium()
    with contextlib.ExitStack() as servers:
        origins = {}
        programs = (("DOCS_APP", arguments.docs_app, ()), ("QUICKSTART", arguments.quickstart, ("--access-log", "off")))
        for name, program, options in programs:
            if program:
                server = servers.enter_context(ServerProcess(program, *options))
                origins[name] = f"http://127.0.0.1:{server.port}"
        check_pages(origins["DOCS_APP"])
        browser_tools.run("docs_test.mjs", arguments.work_folder, arguments, **origins)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("docs_app")
    parser.add_argument("work_folder", type=browser_tools.path)
    parser.add_argument("--quickstart")
    browser_tools.add_options(parser)
    node_tools.main(test, parser.parse_args())
