#!/usr/bin/env python3
"""Tests tools/check_layers on trees made for it: it is silent about a good one, and complains of each fault."""
import pathlib
import subprocess
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parent.parent / "tools/check_layers"
TABLE = "\n".join([
    "set(holdfast_layers base os go typing cli)",
    "set(holdfast_base_may_use)",
    "set(holdfast_os_may_use base)",
    "set(holdfast_go_may_use base)",
    "set(holdfast_typing_may_use base go)",
    "set(holdfast_cli_may_use base typing)",
])
FACTS = "\n".join([
    "# Facts", "## The runtime's memory, by reference", "| 2.4, 2.5 | sizes of slots |", "| 7 | debug information |",
    "## Types from code", "| 4 | calls |",
])
GOOD = {
    "base/error.h": "#pragma once\n",
    "go/version.h": "constexpr int kNewestMinor = 27;\n",
    "go/lists.cc": '#include "base/error.h"\nconst Address all = runtime.vars.allgs;\n',
    "os/stopper.cc": "  } catch (...) {\n    keep(std::current_exception());\n  }\n",
    "os/library.cc": "  } catch (...) {\n    close();\n    throw;\n  }\n",
    "typing/types.cc": '#include "go/lists.h"\n  } catch (const Error&) {\n  }\n',
    "typing/types_test.cc": "EXPECT_EQ(version.minor, 26);\n  } catch (...) {\n  }\n",
    "typing/calls.h": "// as in reference 2.4, 2.5 and 7; types from\n// code, 4\n",
    "cli/verbs/types.cc": '#include "typing/types.h"\n',
}


class CheckLayers(unittest.TestCase):
    def check(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "cmake").mkdir()
            (root / "cmake/layers.cmake").write_text(TABLE)
            (root / "docs").mkdir()
            (root / "docs/runtime-facts.md").write_text(FACTS)
            for name, text in files.items():
                (root / "src" / name).parent.mkdir(parents=True, exist_ok=True)
                (root / "src" / name).write_text(text)
            done = subprocess.run([TOOL, folder], capture_output=True, text=True)
            return done.returncode, done.stdout

    def complains(self, name, text, words):
        code, said = self.check(GOOD | {name: text})
        self.assertEqual(code, 1, said)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn(words, said)

    def test_a_good_tree(self):
        self.assertEqual(self.check(GOOD)[0], 0)

    def test_a_forbidden_include(self):
        self.complains("go/x.cc", '#include "typing/types.h"\n', "src/go/x.cc:1: go may use ['base'], not typing")
        self.complains("cli/verbs/x.h", '\n#include "go/lists.h"\n', "src/cli/verbs/x.h:2: cli may use")

    def test_a_folder_that_is_no_layer(self):
        self.complains("report/x.cc", "", "src/report is no layer")

    def test_the_number_of_a_release(self):
        words = ":1: a release is told by its number"
        for name in ("typing/x.cc", "cli/verbs/x.cc", "cli/version.cc", "typing/version.h", "cli/verbs/version.cc"):
            self.complains(name, "if (version.minor >= 24) {\n", f"src/{name}{words}")

    def test_a_structure_of_the_runtime(self):
        for name in ("typing/x.cc", "cli/verbs/x.cc"):
            self.complains(name, 'layouts.get("runtime.g", "goid")\n', f"src/{name}:1: a structure of the runtime")

    def test_a_lost_request_to_stop(self):
        for handler in ("...", "const std::exception& error", "std::exception&", "const Cancelled&"):
            self.complains("cli/verbs/x.cc", f"  }} catch ({handler}) {{\n    text = 0;\n  }}\n  throw;\n",
                           "src/cli/verbs/x.cc:1: a request to stop may end here")

    def test_a_fact_that_is_not_on_its_page(self):
        self.complains("go/x.h", "// (reference 2.4 and\n// 2.6)\n", "src/go/x.h: reference 2.6 is not in docs/runtime-facts.md")
        self.complains("cli/verbs/x.h", "// types from code, 7\n", "src/cli/verbs/x.h: types from code, 7 is not in")


if __name__ == "__main__":
    unittest.main()
