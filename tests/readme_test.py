# SPDX-License-Identifier: BSL-1.0
"""The code at the top of README.md is services/quickstart/main.cpp without the lines marked "// tour", and stands where a
visitor sees it.

usage: readme_test.py SOURCE_DIRECTORY [--update]

--update writes the program into README.md.
"""

import re
import sys
import unittest
from pathlib import Path

CODE_BEGINS_BY_LINE = 20
CODE_ENDS_BY_LINE = 75
FIRST_LINE = "#include <coroute/coroute.hpp>"
LICENCE = "// SPDX-License-Identifier: BSL-1.0\n"
CODE = re.compile(r"^```cpp\n(.*?)^```$", re.M | re.S)
PICTURE_BYTES = 150_000


def read_program(root):
    lines = (root / "services" / "quickstart" / "main.cpp").read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.endswith("// tour\n"))


def update(root):
    readme = root / "README.md"
    code = f"```cpp\n{read_program(root).removeprefix(LICENCE)}```"
    readme.write_text(CODE.sub(lambda _: code, readme.read_text(encoding="utf-8"), count=1), encoding="utf-8")


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        self.readme = (self.root / "README.md").read_text(encoding="utf-8")
        found = CODE.search(self.readme)
        self.assertIsNotNone(found, "README.md has no C++ code block")
        self.code = found[1]
        self.first_line = self.readme.count("\n", 0, found.start(1)) + 1

    def test_code_is_the_quickstart_service(self):
        program = read_program(self.root)
        self.assertTrue(program.startswith(LICENCE))
        self.maxDiff = None
        self.assertEqual(self.code, program.removeprefix(LICENCE))
        self.assertTrue(self.code.startswith(FIRST_LINE + "\n"))
        self.assertIn("int main(", self.code)
        self.assertNotIn("tour", self.code)

    def test_code_is_at_the_top(self):
        self.assertLessEqual(self.first_line, CODE_BEGINS_BY_LINE)
        self.assertLessEqual(self.first_line + self.code.count("\n") - 1, CODE_ENDS_BY_LINE)

    def test_picture_is_small(self):
        [picture] = re.findall(r"^!\[[^\]]+\]\(([^)]+)\)$", self.readme, re.M)
        data = (self.root / picture).read_bytes()
        self.assertTrue(data.startswith(b"\x89PNG\r\n"))
        self.assertLess(len(data), PICTURE_BYTES)

    def test_what_it_names_is_there(self):
        prose = re.sub(r"^```.*?^```$", "", self.readme, flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)#]+)", prose):
            if "://" not in target:
                self.assertTrue((self.root / target).exists(), f"README.md links to {target}")
        for command in re.findall(r"^\./dev (\w+)", self.readme, re.M):
            self.assertRegex((self.root / "dev").read_text(encoding="utf-8"), rf"(?m)^  {command}\)")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    ReadmeTest.root = Path(sys.argv.pop(1))
    if sys.argv[1:] == ["--update"]:
        update(ReadmeTest.root)
    else:
        unittest.main()
