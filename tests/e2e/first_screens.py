#!/usr/bin/env python3
"""Puts what holdfast says first of programs that nobody here wrote beside what an earlier holdfast said, into
docs/first-screens.md. Both look at the same process, one after the other.

  tests/e2e/first_screens.py                             of all programs of real.py; what the page says of before stays
  tests/e2e/first_screens.py --only caddy                of those whose name contains the word; the page is printed
  tests/e2e/first_screens.py --before FILE --commit HASH looks with an earlier build, too, and says what it was built from
"""
import argparse
import pathlib
import re
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


def kept_before():
    """Returns what the page says of before, by program and without its version, and the commit that said it."""
    text = PAGE.read_text()
    parts = re.findall(r"^## (\S+(?: \S+)?).*?^before:\n\n```\n(.*?)\n```", text, re.M | re.S)
    return {name: body.split("\n") for name, body in parts}, re.search(r"as of commit (\S+),", text)[1]


def page_of(arguments):
    kept, commit = ({}, arguments.commit) if arguments.before else kept_before()
    page = ["# First screens, before and after", "",
            "Made by", "", "    tests/e2e/first_screens.py --before FILE --commit HASH", "",
            "and, where only what stands under \"after\" is made anew, without --before.", "",
            f"What stands under {HEADING} in the report on programs that nobody here wrote (docs/real-programs.md tells which),",
            f"stripped, as said by holdfast as of commit {commit}, which had no owners, and by this one, perhaps of another run.", ""]
    for name, subject in real.plan():
        if arguments.only not in name:
            continue
        with subject.start() as pid:
            version = real.version_of(name)
            if not arguments.before and version not in kept:
                raise SystemExit(f"{PAGE} says nothing of {version} before: give an earlier holdfast with --before")
            after = first_screen(arguments.holdfast.resolve(), pid)
            before = first_screen(arguments.before.resolve(), pid) if arguments.before else kept[version]
        page += [f"## {version}", "", "before:", "", *fenced(before), "after:", "", *fenced(after)]
        print(f"{name}: seen", file=sys.stderr, flush=True)
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=pathlib.Path, help="an earlier holdfast [what it said then stays]")
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
