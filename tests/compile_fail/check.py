"""Compiles programs that must not compile, and checks that the compiler says why in a sentence.

usage: check.py COMPILER INCLUDE_DIRECTORY CASE.cpp ...

Each case begins with `#include "coroute/coroute.hpp"`, which is compiled once for all of them. It holds a line
`// expect: REGEX` for the compiler's output (several must all match), and may hold `// only: clang` or `// only: gcc`.
The line with the mistake is marked `// MISTAKE`: the output must name it. A case compiled with -DCORRECT must compile,
so that it fails for its mistake alone.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MAX_LINES = 15
FLAGS = ["-std=c++20", "-Wall"]
HEADER = "coroute/coroute.hpp"


class Compiler:
    def __init__(self, command, include, directory):
        self.command = command
        self.is_clang = "clang" in command
        self.include = include
        self.precompiled = pathlib.Path(directory) / (HEADER + (".pch" if self.is_clang else ".gch"))
        self.precompile()

    def precompile(self):
        """The header once; g++ finds it beside the header's name in the first include directory."""
        self.precompiled.parent.mkdir(parents=True)
        subprocess.run([self.command, *FLAGS, "-I", self.include, "-x", "c++-header",
                        str(pathlib.Path(self.include) / HEADER), "-o", str(self.precompiled)],
                       check=True, stderr=None if self.is_clang else subprocess.DEVNULL)  # "pragma once in main file"

    def compile(self, case, *defines):
        command = [self.command, *FLAGS, "-fsyntax-only", "-Werror", *defines]
        if self.is_clang:
            command += ["-include-pch", str(self.precompiled), "-fno-caret-diagnostics", "-ferror-limit=1",
                        "-fno-diagnostics-show-note-include-stack"]
        else:
            command += ["-I", str(self.precompiled.parent.parent), "-Winvalid-pch", "-fno-diagnostics-show-caret",
                        "-fmax-errors=1"]
        return subprocess.run([*command, "-I", self.include, str(case)], capture_output=True, text=True)


def judge(compiler, case):
    text = case.read_text()
    only = re.search(r"^// only: (\w+)", text, re.M)
    if only and (only[1] == "clang") != compiler.is_clang:
        return None
    correct = compiler.compile(case, "-DCORRECT")
    if correct.returncode != 0:
        return "does not compile without its mistake:\n" + correct.stderr[:1500]
    result = compiler.compile(case)
    if result.returncode == 0:
        return "compiles"
    for expected in re.findall(r"^// expect: (.*)$", text, re.M):
        if not re.search(expected, result.stderr):
            return f"no '{expected}' in:\n{result.stderr[:2500]}"
    line = next(i for i, each in enumerate(text.splitlines(), 1) if "// MISTAKE" in each)
    if f"{case.name}:{line}:" not in result.stderr:
        return f"line {line} is not named in:\n{result.stderr[:2500]}"
    count = len(result.stderr.splitlines())
    return f"{count} lines of output, at most {MAX_LINES} are readable:\n{result.stderr[:2500]}" if count > MAX_LINES else None


def main():
    command, include, *names = sys.argv[1:]
    cases = [pathlib.Path(name) for name in names]
    failed = 0
    with tempfile.TemporaryDirectory() as directory, \
            concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        compiler = Compiler(command, include, directory)
        for case, problem in zip(cases, pool.map(lambda case: judge(compiler, case), cases)):
            failed += problem is not None
            print(f"FAIL {case.name}: {problem}" if problem else f"ok   {case.name}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
