#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs chat_test.mjs, in a real browser, against services/chat, which that starts and stops itself; 77, which counts as
skipped, where Chromium, Node.js or npm's index is missing.

usage: run_chat_test.py CHAT WORK_FOLDER [--screenshots FOLDER] [--only PATTERN]
"""
import argparse
import tempfile

import browser_tools
from browser_tools import node_tools
from server_process import free_port


def test(arguments):
    with tempfile.TemporaryDirectory() as data:
        browser_tools.run("chat_test.mjs", arguments.work_folder, arguments, CHAT=str(arguments.chat), DATA=data,
                         PORT=str(free_port()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("chat", type=browser_tools.path)
    parser.add_argument("work_folder", type=browser_tools.path)
    browser_tools.add_options(parser)
    node_tools.main(test, parser.parse_args())
