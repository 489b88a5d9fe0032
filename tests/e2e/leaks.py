#!/usr/bin/env python3
"""Looks at leaks of public libraries: at the version that had the leak, whose report must name it first, and at the one
in which it was mended, of which nothing must be said but what is only possible.

  tests/e2e/leaks.py HOLDFAST [--only otel] [--modes dwarf,stripped]
  tests/e2e/leaks.py HOLDFAST --table      writes docs/real-leaks.md

The libraries come from Go's module proxy. Where a leak is known to be missed, that must be so: once it is found, say so
in leak_cases.py.
"""
import argparse
import pathlib
import sys
import time

import cells
import healthy
import modules
from leak_cases import GO, LEAKS
from processes import Fixture, Holdfast

FOLDER = pathlib.Path(__file__).resolve().parent / "leaks"
PAGE = cells.ROOT / "docs/real-leaks.md"
ABOUT = "<!-- The table above is made by tests/e2e/leaks.py --table; what follows is written by hand. -->"


def programs(leak, mode):
    """Returns the program with the leak, and the one without."""
    folder = FOLDER / leak.name
    other = folder / "fixed.mod"
    fixed = modules.build(folder, leak.fixed_release or leak.release, mode, ".", other if other.exists() else None)
    return modules.build(folder, leak.release, mode, ".") / leak.name, fixed / leak.name


def look(holdfast, program, argument=""):
    """Returns the report, and the seconds that it took."""
    with Fixture(program, [argument] if argument else []) as fixture:
        begin = time.monotonic()
        return Holdfast(holdfast, fixture.pid).answer("report"), time.monotonic() - begin


def texts(value):
    """Yields all texts of a finding."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def right(leak, finding):
    return finding["id"] in leak.finds and any(leak.place in text for text in texts(finding))


def wrong_about_leak(leak, report):
    """Yields what is wrong about the report on the version with the leak."""
    findings = report["findings"]
    first = findings[0] if findings else None
    if leak.missed:
        if any(right(leak, finding) for finding in findings):
            yield f"is known to be missed ({leak.missed}), and was found"
    elif first is None:
        yield "nothing was found"
    elif not right(leak, first):
        yield f"first is {first['id']}: {first['title']}; expected {' or '.join(leak.finds)} with \"{leak.place}\""


def wrong_about_fix(report):
    """Yields what is wrong about the report on the version without the leak."""
    return (text for text in healthy.differences(report) if "are reachable" not in text)


def version(leak, which):
    of_go = leak.fixed_release if which == "fixed" and leak.fixed_release else leak.release
    if which == "fixed" and leak.fixed_argument:
        return f"the same, used rightly ({leak.fixed_argument})"
    return f"Go {of_go}" if leak.library == GO else f"{getattr(leak, which).split('-')[-1]} (Go {of_go})"


def amount(count):
    return f"{count / (1 << 20):.1f} MiB" if count >= 1 << 20 else f"{count / 1024:.0f} KiB"


def row(leak, report, seconds):
    findings = report["findings"]
    first = findings[0] if findings and not leak.missed else None
    found = f"`{first['id']}`, {first['confidence']}: {first['title']}" if first else f"missed: {leak.missed or 'nothing was found'}"
    held = amount(first["bytes"] if first else report["holders"][0]["bytes"])
    name = leak.library if leak.library == GO else f"`{leak.library}`"
    return f"| {leak.kind} | {name} | {leak.issue} | {version(leak, 'buggy')} | {version(leak, 'fixed')} | {found.replace('|', '/')} | {held} | {seconds:.2f} s |"


def write_page(rows):
    rest = PAGE.read_text().split(ABOUT, 1)[1] if PAGE.exists() and ABOUT in PAGE.read_text() else "\n"
    head = ["# Leaks of public libraries", "",
            "Each is reproduced in tests/e2e/leaks with the library itself, at a version that leaks and at one that does not; a",
            "program does with it what an ordinary user does. Stripped, looked at live, without a second moment.", "",
            "| kind | library | issue | leaks | does not | first finding where it leaks | bytes | took |",
            "|---|---|---|---|---|---|---|---|"]
    PAGE.write_text("\n".join([*head, *rows, "", ABOUT]) + rest)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast", type=pathlib.Path)
    parser.add_argument("--only", default="", help="a word in the case's name")
    parser.add_argument("--modes", type=lambda text: text.split(","), default=("stripped",))
    parser.add_argument("--table", action="store_true", help="write docs/real-leaks.md")
    arguments = parser.parse_args()
    holdfast, passed, failed, rows = arguments.holdfast.resolve(), 0, 0, []
    for leak in [leak for leak in LEAKS if arguments.only in leak.name]:
        for mode in arguments.modes:
            buggy, fixed = programs(leak, mode)
            report, seconds = look(holdfast, buggy)
            found = [f"with the leak: {text}" for text in wrong_about_leak(leak, report)]
            found += [f"without the leak: {text}" for text in wrong_about_fix(look(holdfast, fixed, leak.fixed_argument)[0])]
            passed, failed = passed + (not found), failed + bool(found)
            for text in found:
                print(f"FAIL {leak.name} {mode}: {text}", flush=True)
            rows.append(row(leak, report, seconds))
    if arguments.table:
        write_page(rows)
    print(f"{passed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
