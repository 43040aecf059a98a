# SPDX-License-Identifier: BSL-1.0
"""User CPU seconds to compile typed routes, and what one more endpoint adds."""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from benchkit.cases import BENCHMARKS
from benchkit.processes import BenchError

TEN_ROUTES = BENCHMARKS / "compile" / "ten_routes.cpp"
FEW_ROUTES = 10
MANY_ROUTES = 30
BUDGET = {"-O0": 4.0, "-O2": 8.0}  # of ten_routes.cpp
BUDGET_PER_ENDPOINT = 0.15  # at -O0
REPEATS = 3
TIMEOUT = 180

READ_ROUTE = """
struct Thing{n} {{ int id; std::string name; std::optional<std::string> note; }};
Async<Thing{n}> read_thing{n}(Path<int, "thing_id", ge(1)> thing_id, Query<std::optional<std::string>, "note"> note) {{
    if (*thing_id > 1000) throw HttpException(404, "no such thing");
    co_return Thing{n}{{thing_id, "thing {n}", note}};
}}
"""
CREATE_ROUTE = """
struct NewThing{n} {{ std::string name; double price; std::vector<std::string> tags; }};
Async<NewThing{n}> create_thing{n}(const NewThing{n}& thing) {{
    if (thing.price <= 0) throw HttpException(422, "a thing has its price");
    co_return thing;
}}
"""


def generate(routes):
    """A source file with `routes` endpoints, each with a type of its own; every second one reads a JSON body."""
    text = "#include <coroute/coroute.hpp>\n#include <optional>\n#include <string>\n#include <utility>\n" \
           "#include <vector>\nusing namespace coroute;\nnamespace {\n"
    added = []
    for n in range(routes):
        text += (CREATE_ROUTE if n % 2 else READ_ROUTE).format(n=n)
        added.append(f'    app.post("/things{n}", create_thing{n});' if n % 2
                     else f'    app.get("/things{n}/{{thing_id}}", read_thing{n});')
    return text + "}\n\nvoid add_routes(App& app);\nvoid add_routes(App& app) {\n" + "\n".join(added) + "\n}\n"


def keep_flags(arguments):
    """Of a compile command: what decides the meaning of the code, without warnings, optimisation and outputs."""
    kept = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument in ("-I", "-isystem", "-D"):
            kept += [argument, next(remaining)]
        elif argument.startswith(("-I", "-isystem", "-D", "-std=", "-stdlib=", "-f")) and \
                not argument.startswith("-flto"):
            kept.append(argument)
    return kept


def find_compiler(build_dir):
    """Compiler and flags of a service in the build folder's compile_commands.json; else the default ones."""
    database = build_dir / "compile_commands.json"
    if database.is_file():
        entries = json.loads(database.read_text(encoding="utf-8"))
        entry = next((entry for entry in entries if "/services/" in entry["file"]), None)
        if entry:
            arguments = entry.get("arguments") or shlex.split(entry["command"])
            compiler, *arguments = arguments[Path(arguments[0]).name == "ccache":]
            return [compiler, *keep_flags(arguments)]
    return ["clang++-19", "-std=c++20", "-I", str(BENCHMARKS.parent.parent / "framework" / "include")]


def compile_seconds(command, source, folder):
    """User CPU seconds of one compilation, its children included."""
    log_path = Path(folder) / "log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(["timeout", "--kill-after=5", str(TIMEOUT), *command, "-c", str(source),
                                    "-o", str(Path(folder) / "out.o")], stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchError(f"{source.name} does not compile: {log_path.read_text(errors='replace')[:1500]}")
    return usage.ru_utime


def measure_level(compiler, level, folder):
    sources = {FEW_ROUTES: Path(folder) / "few.cpp", MANY_ROUTES: Path(folder) / "many.cpp"}
    for routes, source in sources.items():
        source.write_text(generate(routes), encoding="utf-8")
    if TEN_ROUTES.is_file():
        sources["ten_routes.cpp"] = TEN_ROUTES
    seconds = {key: [] for key in sources}
    for _ in range(REPEATS):
        for key, source in sources.items():
            seconds[key].append(compile_seconds([*compiler, level], source, folder))
    medians = {key: median(values) for key, values in seconds.items()}
    slope = (medians[MANY_ROUTES] - medians[FEW_ROUTES]) / (MANY_ROUTES - FEW_ROUTES)
    return {"ten_routes": medians.get("ten_routes.cpp"), "generated_few": medians[FEW_ROUTES],
            "generated_many": medians[MANY_ROUTES], "per_endpoint": round(slope, 4)}


def measure_compile(build_dir):
    compiler = find_compiler(build_dir)
    print(f"\nUser CPU seconds of one compilation, medians of {REPEATS}: {' '.join(compiler)}\n"
          f"Budget: {BUDGET['-O0']:g} s for ten_routes.cpp at -O0, {BUDGET['-O2']:g} s at -O2, "
          f"{BUDGET_PER_ENDPOINT:g} s for each endpoint more at -O0.\n"
          f"{'':<8}{'ten_routes.cpp':>16}{f'{FEW_ROUTES} generated':>16}{f'{MANY_ROUTES} generated':>16}"
          f"{'per endpoint':>16}")
    if not TEN_ROUTES.is_file():
        print(f"  no such file: {TEN_ROUTES}")
    result = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for level in ("-O0", "-O2"):
            figures = result[level] = measure_level(compiler, level, folder)
            ten = "-" if figures["ten_routes"] is None else f"{figures['ten_routes']:.2f}"
            print(f"{level:<8}{ten:>16}{figures['generated_few']:>16.2f}{figures['generated_many']:>16.2f}"
                  f"{figures['per_endpoint']:>16.3f}")
    return result
