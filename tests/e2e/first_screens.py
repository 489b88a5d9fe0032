#!/usr/bin/env python3
"""Puts what holdfast says first of programs that nobody here wrote beside what an earlier holdfast said, into
docs/first-screens.md. Both look at the same process, one after the other.

  tests/e2e/first_screens.py --before FILE               of all programs of real.py
  tests/e2e/first_screens.py --before FILE --only caddy  of those whose name contains the word; the page is printed

FILE: an earlier build of holdfast. The commit that it was built from is to be given with --commit.
"""
import argparse
import pathlib
import sys

import cells
import real
from processes import Holdfast
from serving import REAL

PAGE = cells.ROOT / "docs/first-screens.md"
HEADING = "WHAT HOLDS IT"
LINES = 24  # of the part under the heading
WIDTH = 150  # longer lines are cut


def first_screen(binary, pid):
    """Returns the first lines of the part of the report that says what holds the memory."""
    lines = Holdfast(binary, pid).run([pid]).decode().splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith(HEADING))
    part = lines[begin + 1:]
    end = next((i for i, line in enumerate(part) if line and not line.startswith(" ")), len(part))
    part = part[:end]
    while part and not part[-1].strip():
        part.pop()
    part = [line.replace(str(REAL), "") for line in part]
    cut = [line if len(line) <= WIDTH else line[:WIDTH - 3] + "..." for line in part[:LINES]]
    return cut + (["  ..."] if len(part) > LINES else [])


def fenced(lines):
    return ["```", *lines, "```", ""]


def page_of(arguments):
    page = ["# First screens, before and after", "",
            "Made by", "", "    tests/e2e/first_screens.py --before FILE --commit HASH", "",
            f"What stands under {HEADING} in the report on programs that nobody here wrote (docs/real-programs.md tells which),",
            f"stripped, each looked at twice: by holdfast as of commit {arguments.commit}, which had no owners, and by this one.", ""]
    for name, subject in real.plan():
        if arguments.only not in name:
            continue
        with subject.start() as pid:
            before, after = (first_screen(binary.resolve(), pid) for binary in (arguments.before, arguments.holdfast))
        page += [f"## {real.version_of(name)}", "", "before:", "", *fenced(before), "after:", "", *fenced(after)]
        print(f"{name}: seen", file=sys.stderr, flush=True)
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=pathlib.Path, required=True, help="an earlier holdfast")
    parser.add_argument("--commit", default="(not given)", help="what that was built from")
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast", help="the program")
    parser.add_argument("--only", default="", help="a word in the program's name")
    arguments = parser.parse_args()
    text = "\n".join(page_of(arguments)).rstrip() + "\n"
    if arguments.only:
        print(text)
    else:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
