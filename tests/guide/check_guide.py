# SPDX-License-Identifier: BSL-1.0
"""The code in framework/asyncio.md and framework/guide.md is that of the tested snippets in tests/guide.

usage: check_guide.py SOURCE_DIRECTORY [--update]

Above each C++ block of a guide stands <!-- file.cpp name -->: the lines between "// [name]" and "// [/name]" of
tests/guide/file.cpp. --update writes them into the guides. Exit code 1: a block differs, names a snippet that isn't
there or has no such line; or a snippet isn't shown in any.
"""

import argparse
import re
import sys
from pathlib import Path

GUIDES = ("asyncio.md", "guide.md")
BLOCK = re.compile(r"^(?:<!-- (?P<file>[\w.]+) (?P<name>\w+) -->\n)?```cpp\n(?P<code>.*?)^```$", re.M | re.S)
SNIPPET = re.compile(r"^// \[(?P<name>\w+)\]\n(?P<code>.*?)^// \[/(?P=name)\]$", re.M | re.S)


def read_snippets(folder):
    return {(path.name, found["name"]): found["code"]
            for path in sorted(folder.glob("*.cpp"))
            for found in SNIPPET.finditer(path.read_text(encoding="utf-8"))}


def check(guide, snippets, shown, update):
    """What is wrong with the blocks of one guide; adds the snippets that it has to `shown`."""
    problems = []
    text = guide.read_text(encoding="utf-8")

    def replace(found):
        line = text.count("\n", 0, found.start()) + 1
        key = (found["file"], found["name"])
        if not found["file"]:
            problems.append(f"{guide.name}:{line}: code without <!-- file.cpp name --> above it")
        elif key not in snippets:
            problems.append(f"{guide.name}:{line}: tests/guide/{key[0]} has no snippet [{key[1]}]")
        else:
            shown.add(key)
            if found["code"] != snippets[key] and not update:
                problems.append(f"{guide.name}:{line}: differs from [{key[1]}] of tests/guide/{key[0]}")
            return f"<!-- {key[0]} {key[1]} -->\n```cpp\n{snippets[key]}```"
        return found[0]

    updated = BLOCK.sub(replace, text)
    if update:
        guide.write_text(updated, encoding="utf-8")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    snippets = read_snippets(options.root / "tests" / "guide")
    shown = set()
    problems = []
    for name in GUIDES:
        problems += check(options.root / "framework" / name, snippets, shown, options.update)
    problems += [f"tests/guide/{file}: [{name}] is not shown" for file, name in sorted(set(snippets) - shown)]
    print("\n".join(problems) or f"{len(shown)} snippets shown as they are tested")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
