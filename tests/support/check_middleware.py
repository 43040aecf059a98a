"""Says which middleware is longer than a screen, or has no test.

usage: check_middleware.py SOURCE_DIRECTORY

The middleware are those that coroute.hpp includes. A screen is 70 lines of code in a source of at most 100: lines that are
empty, a comment or an include don't count as code.
"""
import pathlib
import re
import sys

MOST_LINES = 100
MOST_CODE = 70
NO_CODE = re.compile(r"\s*(//.*|#include.*)?")


def problems_of(root):
    framework = root / "framework"
    umbrella = (framework / "include/coroute/coroute.hpp").read_text()
    names = re.findall(r'^#include "coroute/middleware/(\w+)\.hpp"', umbrella, re.M)
    if not names:
        yield "coroute.hpp includes no middleware"
    for name in names:
        lines = (framework / f"src/middleware/{name}.cpp").read_text().splitlines()
        code = sum(NO_CODE.fullmatch(line) is None for line in lines)
        if len(lines) > MOST_LINES or code > MOST_CODE:
            yield f"middleware/{name}.cpp: {code} lines of code in {len(lines)} are more than a screen"
        if "TEST_CASE(" not in (root / f"tests/unit/middleware/{name}_test.cpp").read_text():
            yield f"middleware/{name}: its test tests nothing"


def main():
    found = list(problems_of(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "middleware ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
