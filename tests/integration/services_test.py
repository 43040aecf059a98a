# SPDX-License-Identifier: BSL-1.0
"""Drives the real service binaries over the loopback interface.

usage: services_test.py FOLDER_OF_THE_BINARIES [options and test names of unittest]
"""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import service  # noqa: E402


def load_tests(loader, _tests, _pattern):
    return loader.discover(str(HERE / "services"), pattern="*_test.py", top_level_dir=str(HERE / "services"))


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    service.use_folder(sys.argv.pop(1))
    unittest.main()
