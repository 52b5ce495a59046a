#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The golden runner passes, fails, skips and rewrites as it says."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RUNNER = Path(__file__).with_name("run_golden.py")


class RunGolden(unittest.TestCase):
    def run_cases(self, text, *flags, shared="/nowhere"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "cases.yaml")
            path.write_text(text)
            result = subprocess.run(
                [sys.executable, RUNNER, "--command", "/bin/sh", *flags, path],
                capture_output=True, text=True, check=False,
                env={**os.environ, "ISOFLOP_TEST_DATA": shared})
            return result.returncode, result.stdout, path.read_text()

    def check(self, text, status, *wanted):
        got, out, _ = self.run_cases(text)
        self.assertEqual(got, status, out)
        for part in wanted:
            self.assertIn(part, out)

    def test_passes_what_matches(self):
        self.check("""
- name: all
  args: [-c, 'cat in.txt - ; echo one >&2; test -n "$ISOFLOP_DATA"; exit 3']
  stdin: "from stdin\\n"
  files: {in.txt: "from file\\n"}
  exit: 3
  out: |
    from file
    from stdin
  err_lines: 1
  err_contains: [one]
  out_lacks: [two]
""", 0, "1 passed, 0 failed, 0 skipped")

    def test_fails_what_differs(self):
        for expectation in ("out: no", "err: no", "exit: 1", "err_lines: 2",
                            "out_contains: [no]", "err_lacks: [err]",
                            "exit: '0'", "surprise: 1", "out_contains: []"):
            with self.subTest(expectation):
                self.check("- name: x\n  args: [-c, 'echo out; echo err >&2']\n"
                           f"  {expectation}\n",
                           1, "FAILED cases.yaml: case 1, x", "1 failed")

    def test_fails_a_case_that_expects_nothing(self):
        self.check("- {name: x, args: [-c, 'true']}", 1, "it expects nothing")

    def test_fails_a_name_used_twice(self):
        self.check("- {name: x, args: [-c, 'true'], exit: 0}\n"
                   "- {name: x, args: [-c, 'true'], exit: 0}\n",
                   1, "the name is taken", "1 passed, 1 failed")

    def test_fails_a_sanitizer_report(self):
        self.check("- name: x\n  exit: 0\n"
                   "  args: [-c, 'echo AddressSanitizer >&2']\n",
                   1, "a sanitizer complains")

    def test_fails_a_library_that_logs(self):
        self.check("- name: x\n  exit: 0\n"
                   "  args: [-c, 'echo \"W1122 08:00:00.1 7 a.cc:3] b\" >&2']\n",
                   1, "a library logs to stderr")

    def test_files_written_must_be_named(self):
        text = ("- name: x\n  exit: 0\n  files: {a.txt: a, b.txt: b}\n"
                "  args: [-c, 'echo c > c.txt; echo a > a.txt']\n")
        self.check(text, 1, "it wrote ['a.txt', 'c.txt'], expected []")
        self.check(text + "  writes: [c.txt, a.txt]\n", 0, "1 passed")
        self.check(text + "  writes: [c.txt]\n", 1, "1 failed")

    def test_skips_without_the_shared_tables(self):
        self.check("- {name: x, args: [-c, 'cat {shared}/a.csv'], exit: 0}",
                   0, "skipped cases.yaml: x", "0 failed, 1 skipped")

    def test_update_rewrites_outputs_only(self):
        text = """# a comment
- name: block
  args: [-c, 'printf "  a\\n\\nb\\n"']
  out: |
    old

- name: empty   # kept
  args: [-c, 'echo two; printf err >&2']
  out:
  err: "old"
- name: odd
  args: [-c, 'printf "a\\tb\\n\\n"']
  out: x
- name: same
  args: [-c, 'true']
  out: ""
"""
        _, out, updated = self.run_cases(text, "--update")
        self.assertIn("4 texts rewritten", out)
        self.assertIn("# a comment\n", updated)
        self.assertIn("  out: |2\n      a\n\n    b\n\n- name: empty   # kept",
                      updated)
        self.assertIn("  out: |\n    two\n  err: |-\n    err\n", updated)
        status, out, again = self.run_cases(updated, "--update")
        self.assertEqual(status, 0, out)
        self.assertEqual(again, updated)


if __name__ == "__main__":
    unittest.main()
