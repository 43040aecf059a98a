"""Says which module of the framework includes one that framework/layers.txt does not allow.

usage: check_layers.py FRAMEWORK_DIRECTORY

Also refuses heavy third-party headers in public headers: Asio, Beast, spdlog and nlohmann's full header belong in
sources, but for the headers whose very subject they are. Headers directly in include/coroute may include anything.
"""
import pathlib
import re
import sys

HEAVY = re.compile(r'#include <(boost/(?:asio|beast)[/.]|spdlog/|CLI/|nlohmann/json\.hpp)')
HEAVY_ALLOWED = {"coroute/asio.hpp", "coroute/json.hpp"}
INCLUDE = re.compile(r'#include ["<](?:coroute/)?([a-z_]+)/[a-z_/]+\.hpp[">]')


def read_rules(path):
    rules = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            module, _, allowed = line.partition(":")
            rules[module.strip()] = set(allowed.split())
    return rules


def problems_of(root):
    rules = read_rules(root / "layers.txt")
    for base in (root / "include" / "coroute", root / "src"):
        for file in sorted([*base.rglob("*.hpp"), *base.rglob("*.cpp")]):
            text = file.read_text()
            public = base.name == "coroute"
            if public and str(file.relative_to(root / "include")) not in HEAVY_ALLOWED:
                for match in HEAVY.finditer(text):
                    yield f"{file}: a public header must not include {match.group(1)}"
            module = file.relative_to(base).parts[0]
            if module not in rules:
                continue
            for used in INCLUDE.findall(text):
                if used in rules and used != module and used not in rules[module]:
                    yield f"{file}: {module} must not include {used}"


def main():
    found = list(problems_of(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "layers ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
