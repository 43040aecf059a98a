# SPDX-License-Identifier: BSL-1.0
"""The first program of framework/guide.md serves what the guide says.

usage: first_steps_test.py PROGRAM
"""
import json
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))
from server_process import ServerProcess


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with ServerProcess(sys.argv[1]) as server:
        def get(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=20) as answer:
                return json.load(answer)

        assert get("/") == {"message": "Hello World"}, get("/")
        assert list(get("/openapi.json")["paths"]) == ["/"]


if __name__ == "__main__":
    main()
