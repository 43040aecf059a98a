# SPDX-License-Identifier: BSL-1.0
"""What CMake makes of the folder with Swagger UI and ReDoc, and of its absence. Nothing is fetched.

usage: docs_ui_test.py CMAKE
"""
import gzip
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SWAGGER_UI = {"swagger-ui.css": b".a{}", "swagger-ui-bundle.js": b"var a = '\\n;[x]${y}';\n" * 50,
              "oauth2-redirect.js": b"run()", "favicon-32x32.png": b"\x89PNG\r\n\x1a\n\0\xff", "LICENSE": b"Apache"}
REDOC = {"bundles/redoc.standalone.js": b'a;[1];"https://cdn.redoc.ly/redoc/logo-mini.svg";"${b}\\"',
         "bundles/redoc.standalone.js.LICENSE.txt": b"MIT of others", "LICENSE": b"MIT"}
ROW = re.compile(r'DOCS_FILE\((\w+), "([^"]+)", "([^"]+)", "([^"]+)", "([^"]+)", (\d+), "([0-9a-f]{16})"\)')


def write(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


class DocsUiTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.build = self.root / "build"

    def configure(self, *definitions, fails=False):
        """All that CMake says, on one line."""
        done = subprocess.run([self.cmake, "-G", "Ninja", "-S", Path(__file__).parent, "-B", self.build,
                               *(f"-D{definition}" for definition in definitions)], capture_output=True, text=True)
        self.assertEqual(done.returncode != 0, fails, done.stdout + done.stderr)
        return " ".join((done.stdout + done.stderr).split())

    def rows(self):
        """For each name in the list: directory, content type, content, hash."""
        listed = {}
        for line in (self.build / "docs_ui" / "docs_ui_list.inc").read_text().splitlines():
            symbol, directory, name, content_type, path, size, digest = ROW.fullmatch(line).groups()
            content = gzip.decompress(Path(path).read_bytes())
            self.assertEqual(len(content), int(size))
            self.assertTrue(symbol.startswith("coroute_docs_"))
            listed[directory.partition("@")[0], name] = (directory, content_type, content, digest)
        return listed

    def modules(self):
        """Both packages, side by side as npm puts them."""
        folder = self.root / "node_modules"
        write(folder / "swagger-ui-dist", SWAGGER_UI)
        write(folder / "redoc", REDOC)
        return folder

    def test_a_folder_of_both_packages_is_embedded(self):
        output = self.configure(f"COROUTE_SWAGGER_UI_DIR={self.modules()}")
        self.assertIn("Docs UI: Swagger UI and ReDoc from ", output)
        self.assertIn('definitions: COROUTE_DOCS_UI_LIST="', output)
        rows = self.rows()
        self.assertEqual([name for package, name in rows if package == "swagger-ui-dist"],
                         ["swagger-ui.css", "swagger-ui-bundle.js", "oauth2-redirect.js", "favicon-32x32.png",
                          "LICENSE.txt"])
        self.assertEqual([name for package, name in rows if package == "redoc"],
                         ["redoc.standalone.js", "redoc.standalone.js.LICENSE.txt", "LICENSE.txt"])
        for name in ("swagger-ui.css", "swagger-ui-bundle.js", "oauth2-redirect.js", "favicon-32x32.png"):
            self.assertEqual(rows["swagger-ui-dist", name][2], SWAGGER_UI[name], name)

    def test_each_file_has_its_content_type(self):
        self.configure(f"COROUTE_SWAGGER_UI_DIR={self.modules()}")
        types = {name: row[1] for (_, name), row in self.rows().items()}
        self.assertEqual(types["swagger-ui.css"], "text/css; charset=utf-8")
        self.assertEqual(types["swagger-ui-bundle.js"], "text/javascript; charset=utf-8")
        self.assertEqual(types["favicon-32x32.png"], "image/png")
        self.assertEqual(types["LICENSE.txt"], "text/plain; charset=utf-8")

    def test_redoc_is_embedded_without_the_logo_from_elsewhere_and_otherwise_as_it_is(self):
        self.configure(f"COROUTE_SWAGGER_UI_DIR={self.modules()}")
        self.assertEqual(self.rows()["redoc", "redoc.standalone.js"][2], b'a;[1];"data:,";"${b}\\"')

    def test_the_licence_goes_with_the_notice(self):
        self.configure(f"COROUTE_SWAGGER_UI_DIR={self.modules()}")
        self.assertEqual(self.rows()["swagger-ui-dist", "LICENSE.txt"][2],
                         b"swagger-ui\nCopyright 2020-2021 SmartBear Software Inc.\n\nApache")

    def test_swagger_ui_alone_is_enough(self):
        folder = self.root / "package"
        write(folder, SWAGGER_UI)
        output = self.configure(f"COROUTE_SWAGGER_UI_DIR={folder}")
        self.assertIn("Docs UI: Swagger UI from ", output)
        self.assertEqual({package for package, _ in self.rows()}, {"swagger-ui-dist"})

    def test_the_directory_changes_with_any_file_and_only_then(self):
        folder = self.modules()
        definition = f"COROUTE_SWAGGER_UI_DIR={folder}"
        self.configure(definition)
        before = self.rows()
        packed = next((self.build / "docs_ui").glob("**/swagger-ui.css.gz"))
        packed_at = packed.stat().st_mtime_ns
        self.configure(definition)
        self.assertEqual(self.rows(), before)
        self.assertEqual(packed.stat().st_mtime_ns, packed_at, "it would be compiled and linked again")
        write(folder / "swagger-ui-dist", {"favicon-32x32.png": b"other"})
        self.configure(definition)
        after = self.rows()
        for name in ("swagger-ui.css", "favicon-32x32.png"):
            self.assertNotEqual(after["swagger-ui-dist", name][0], before["swagger-ui-dist", name][0])
        self.assertEqual(after["swagger-ui-dist", "swagger-ui.css"][3], before["swagger-ui-dist", "swagger-ui.css"][3])
        self.assertEqual(after["redoc", "LICENSE.txt"], before["redoc", "LICENSE.txt"])

    def test_the_same_files_are_packed_to_the_same_bytes(self):
        definition = f"COROUTE_SWAGGER_UI_DIR={self.modules()}"
        self.configure(definition)
        first = {path.name: path.read_bytes() for path in self.build.glob("docs_ui/**/*.gz")}
        self.build = self.root / "other_build"
        self.configure(definition)
        self.assertEqual({path.name: path.read_bytes() for path in self.build.glob("docs_ui/**/*.gz")}, first)
        self.assertEqual(len(first), 7)  # two of the eight have the same name

    def test_a_named_folder_without_swagger_ui_is_an_error(self):
        (self.root / "empty").mkdir()
        output = self.configure(f"COROUTE_SWAGGER_UI_DIR={self.root}/empty", fails=True)
        self.assertIn("There is no swagger-ui-bundle.js in COROUTE_SWAGGER_UI_DIR", output)
        self.assertIn("There is no swagger-ui-bundle.js",
                      self.configure(f"COROUTE_SWAGGER_UI_DIR={self.root}/missing", fails=True))

    def test_a_swagger_ui_that_lacks_a_file_is_an_error(self):
        folder = self.modules()
        (folder / "swagger-ui-dist" / "oauth2-redirect.js").unlink()
        output = self.configure(f"COROUTE_SWAGGER_UI_DIR={folder}", fails=True)
        self.assertIn("There is no oauth2-redirect.js in ", output)

    def test_without_network_the_build_goes_on_and_says_what_is_missing(self):
        pip = self.root / "pip"
        pip.write_text("#!/bin/sh\necho 'no route to the index' >&2\nexit 1\n")
        pip.chmod(0o755)
        output = self.configure(f"COROUTE_PIP_PYTHON={pip}")
        self.assertIn("CMake Warning", output)
        self.assertIn("This build has no docs UI, /docs and /redoc will say so: pip could not fetch it: "
                      "no route to the index", output)
        self.assertIn("COROUTE_SWAGGER_UI_DIR", output)
        self.assertIn("definitions: NOTFOUND", output)

    def test_what_pip_fetched_for_another_version_is_not_taken(self):
        wheel = self.build / "docs_ui" / "wheel"
        write(wheel, {"0" * 64: b""})
        output = self.configure("COROUTE_PIP_PYTHON=/bin/false")
        self.assertIn("pip could not fetch it", output)
        self.assertFalse((wheel / ("0" * 64)).exists())

    def test_it_can_be_left_out(self):
        output = self.configure("COROUTE_DOCS_UI=OFF")
        self.assertIn("Docs UI: left out, COROUTE_DOCS_UI is OFF", output)
        self.assertNotIn("fetching", output)
        self.assertNotIn("Warning", output)
        self.assertIn("definitions: NOTFOUND", output)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    DocsUiTest.cmake = sys.argv.pop(1)
    unittest.main()
