"""Compiles programs that must not compile, and checks that the compiler says why in a sentence.

usage: check.py COMPILER INCLUDE_DIRECTORY CASE.cpp ...

Each case holds a line `// expect: REGEX` for the compiler's output (several must all match), and may hold
`// only: clang` or `// only: gcc`. The line with the mistake is marked `// MISTAKE`: the output must name it. A case
compiled with -DCORRECT must compile, so that it fails for its mistake alone.
"""
import pathlib
import re
import subprocess
import sys

MAX_LINES = 15


def compile_case(compiler, include, case, *defines):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Werror", "-I", include, *defines, str(case)]
    if "clang" in compiler:
        command += ["-fno-caret-diagnostics", "-ferror-limit=1", "-fno-diagnostics-show-note-include-stack"]
    else:
        command += ["-fno-diagnostics-show-caret", "-fmax-errors=1"]
    return subprocess.run(command, capture_output=True, text=True)


def judge(compiler, include, case):
    text = case.read_text()
    only = re.search(r"^// only: (\w+)", text, re.M)
    if only and (only[1] == "clang") != ("clang" in compiler):
        return None
    correct = compile_case(compiler, include, case, "-DCORRECT")
    if correct.returncode != 0:
        return "does not compile without its mistake:\n" + correct.stderr[:1500]
    result = compile_case(compiler, include, case)
    if result.returncode == 0:
        return "compiles"
    for expected in re.findall(r"^// expect: (.*)$", text, re.M):
        if not re.search(expected, result.stderr):
            return f"no '{expected}' in:\n{result.stderr[:1500]}"
    line = next(i for i, each in enumerate(text.splitlines(), 1) if "// MISTAKE" in each)
    if f"{case.name}:{line}:" not in result.stderr:
        return f"line {line} is not named in:\n{result.stderr[:1500]}"
    count = len(result.stderr.splitlines())
    return f"{count} lines of output, at most {MAX_LINES} are readable:\n{result.stderr[:2500]}" if count > MAX_LINES else None


def main():
    compiler, include, *cases = sys.argv[1:]
    failed = 0
    for case in map(pathlib.Path, cases):
        problem = judge(compiler, include, case)
        if problem:
            failed += 1
            print(f"FAIL {case.name}: {problem}")
        else:
            print(f"ok   {case.name}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
