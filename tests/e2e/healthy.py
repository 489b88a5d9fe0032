#!/usr/bin/env python3
"""Checks that holdfast accuses no healthy program. Those of tests/e2e/healthy do on purpose what looks like a fault:
they keep workers that wait for ever, full caches, timers by the thousand, buffers in pools, tables that nobody changes.

  tests/e2e/healthy.py HOLDFAST [--releases 1.19,1.27] [--modes dwarf,stripped] [--only cache] [--wait 75s]

Looks at each while it works. Whatever is found must be said to be only possible. --wait lets each run for longer before,
so that what waits has waited for minutes.
"""
import argparse
import concurrent.futures
import pathlib
import sys

import cells
import modules
from processes import Broken, Fixture, Holdfast

FOLDER = pathlib.Path(__file__).resolve().parent / "healthy"
PROGRAMS = sorted(main.parent.name for main in FOLDER.glob("*/main.go"))
LEAST_BYTES = 100_000  # a program with less than this has nothing that could look like a fault
AT_ONCE = 6


def differences(report):
    """Yields what is wrong about a report on a healthy program."""
    if report["heap"]["reachable_bytes"] < LEAST_BYTES:
        yield f"only {report['heap']['reachable_bytes']} B are reachable: this shows nothing"
    for finding in report["findings"]:
        if finding["confidence"] != "possible":
            yield f"{finding['id']}, {finding['confidence']}: {finding['title']}; {finding['bytes']} B; {finding['because']}"


def possible(report):
    """Yields what is said to be possible, with its share of what is reachable."""
    for finding in report["findings"]:
        if finding["confidence"] == "possible":
            yield f"{finding['id']}: {finding['title']}; {100 * finding['bytes'] / report['heap']['reachable_bytes']:.0f} %"


def look(holdfast, program, wait):
    with Fixture(program, [f"-wait={wait}"]) as fixture:
        report = Holdfast(holdfast, fixture.pid).answer("report")
        if alarms := fixture.alarms():
            raise Broken(f"the program was harmed: {alarms}")
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast", type=pathlib.Path)
    parser.add_argument("--releases", type=lambda text: text.split(","), default=("1.19", "1.22", "1.24", "1.27"))
    parser.add_argument("--modes", type=lambda text: text.split(","), default=("stripped",))
    parser.add_argument("--only", default="", help="a word in the program's name")
    parser.add_argument("--wait", default="2s", help="how long each runs before the look")
    arguments = parser.parse_args()
    holdfast, passed, failed = arguments.holdfast.resolve(), 0, 0
    chosen = [name for name in PROGRAMS if arguments.only in name]
    for release in arguments.releases:
        for mode in arguments.modes:
            built = modules.build(FOLDER, release, mode)
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE if arguments.wait == "2s" else len(chosen)) as pool:
                reports = pool.map(lambda name: look(holdfast, built / name, arguments.wait), chosen)
                for name, report in zip(chosen, reports):
                    wrong = list(differences(report))
                    passed, failed = passed + (not wrong), failed + bool(wrong)
                    for text in wrong:
                        print(f"FAIL {cells.Cell(release, name, mode)}: {text}", flush=True)
                    for text in possible(report):
                        print(f"{cells.Cell(release, name, mode)}: possible: {text}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
