#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The layer check finds each kind of breach and passes a clean tree."""

import tempfile
import unittest
from pathlib import Path

from check_layers import Checker

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
ONCE = SPDX + "#pragma once\n"


class CheckLayers(unittest.TestCase):
    def problems(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return Checker(root).run()

    def test_clean_tree_has_no_problem(self):
        self.assertEqual(self.problems({
            "lib/include/isoflop/units/text.h": ONCE,
            "lib/include/isoflop/fit/fit.h":
                ONCE + '#include "isoflop/units/text.h"\n',
            "lib/src/fit/solve.h": ONCE + "#include <ceres/jet.h>\n",
            "lib/src/fit/fit.cc": SPDX + '#include "fit/solve.h"\n'
                "// exit(1) is only mentioned\n"
                'auto s = "std::cout"; auto a = x.exit(1);\n',
            "apps/isoflop/cli.h": ONCE,
            "apps/isoflop/cli.cc": SPDX + '#include "cli.h"\n'
                '#include "isoflop/fit/fit.h"\n',
        }), [])

    def test_breaches(self):
        cases = {
            "later layer": ("lib/include/isoflop/units/text.h",
                            ONCE + '#include "isoflop/fit/fit.h"\n'),
            "of the later": ("lib/src/runs/runs.cc",
                             SPDX + '#include "laws/form.h"\n'),
            "public header includes <ceres": (
                "lib/include/isoflop/fit/fit.h",
                ONCE + "#include <ceres/ceres.h>\n"),
            "public header includes internal": (
                "lib/include/isoflop/fit/fit.h",
                ONCE + '#include "fit/solve.h"\n'),
            "belongs to apps": ("lib/src/fit/fit.cc",
                                SPDX + "#include <boost/program_options.hpp>\n"),
            "must not use std::cout": ("lib/src/fit/fit.cc",
                                       SPDX + 'std::cout << "x";\n'),
            "must not use printf(": ("lib/src/fit/fit.cc",
                                     SPDX + 'printf("x");\n'),
            "must not use std::abort(": ("lib/src/fit/fit.cc",
                                         SPDX + "std::abort();\n"),
            "is not a public header": (
                "apps/isoflop/cli.cc",
                SPDX + '#include "isoflop/fit/x.h"\n'),
            "neither a public header": ("bindings/python/src/module.cc",
                                        SPDX + '#include "fit/solve.h"\n'),
            "SPDX": ("lib/src/fit/fit.cc", "int x;\n"),
            "pragma once": ("lib/src/fit/fit.h", SPDX),
            "in no layer": ("lib/src/other/fit.cc", SPDX),
        }
        for wanted, (name, text) in cases.items():
            with self.subTest(wanted):
                problems = self.problems({name: text})
                self.assertEqual(len(problems), 1, problems)
                self.assertIn(wanted, problems[0])

    def test_umbrella_reaches_every_public_header(self):
        files = {
            "lib/include/isoflop/isoflop.h":
                ONCE + '#include "isoflop/fit/fit.h"\n',
            "lib/include/isoflop/fit/fit.h":
                ONCE + '#include "isoflop/units/text.h"\n',
            "lib/include/isoflop/units/text.h": ONCE,
        }
        self.assertEqual(self.problems(files), [])
        files["lib/include/isoflop/units/range.h"] = ONCE
        problems = self.problems(files)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("does not reach 'isoflop/units/range.h'", problems[0])

    def test_source_that_is_not_listed(self):
        problems = self.problems({
            "lib/CMakeLists.txt":
                "set(s\n  src/fit/fit.cc\n  # src/fit/b.cc\n)",
            "lib/src/fit/fit.cc": SPDX,
            "lib/src/fit/b.cc": SPDX,
        })
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("b.cc:1: not listed", problems[0])

    def test_a_rule_is_listed_by_its_name(self):
        problems = self.problems({
            "lib/CMakeLists.txt":
                "set(rules\n  data_wall\n  # too_small\n)\n",
            "lib/src/check/data_wall.cc": SPDX,
            "lib/src/check/too_small.cc": SPDX,
            "lib/src/fit/data_wall.cc": SPDX,
        })
        self.assertEqual(len(problems), 2, problems)
        self.assertIn("check/too_small.cc:1: not listed", problems[0])
        self.assertIn("fit/data_wall.cc:1: not listed", problems[1])


if __name__ == "__main__":
    unittest.main()
