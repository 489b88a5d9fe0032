#!/usr/bin/env python3
"""Checks that holdfast never calls a goroutine leaked that can go on, with random programs that show it afterwards.

  tests/e2e/tangles.py HOLDFAST [--releases 1.19,1.27] [--seeds 4] [--first 1]

Each seed is one run of the program `tangle` with ten tangles of goroutines. Says which share of those that never went on
was proven leaked.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import cells
from processes import READY_SECONDS, Fixture

# What is proven must be most of what is true. The rest is in reach of a pool, of a finalizer that has yet to run, or of
# a slot that two small objects share.
LEAST_SHARE = 0.8


def proven(holdfast, pid):
    done = subprocess.run([holdfast, "goroutines", str(pid), "--each", "--top", "0", "--columns", "goid,leaked", "--json"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=True)
    return {row["goid"] for row in json.loads(done.stdout)["goroutines"] if row["leaked"]}


def outcome(holdfast, program, seed):
    """Returns the numbers of the goroutines that were proven leaked, and of all whether they went on."""
    with Fixture(program, ["-seed", str(seed)]) as fixture:
        leaked = proven(holdfast, fixture.pid)
        fixture.process.stdin.close()
        went_on = json.loads(fixture.lines.next(READY_SECONDS))
    return leaked, {int(goid): bool(value) for goid, value in went_on.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast", type=pathlib.Path)
    parser.add_argument("--releases", type=lambda text: text.split(","), default=("1.19", "1.22", "1.24", "1.27"))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=1)
    arguments = parser.parse_args()
    passed = failed = 0
    for release in arguments.releases:
        program = cells.build(cells.Cell(release, "tangle", "stripped"))
        dead = known = alive = 0
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            leaked, went_on = outcome(arguments.holdfast.resolve(), program, seed)
            wrong = sorted(goid for goid in leaked if went_on.get(goid, True))
            passed, failed = passed + (not wrong), failed + bool(wrong)
            if wrong:
                print(f"FAIL {release} tangle seed {seed}: called leaked, and went on: {wrong}", flush=True)
            dead += sum(not value for value in went_on.values())
            alive += sum(went_on.values())
            known += len(leaked & {goid for goid, value in went_on.items() if not value})
        print(f"{release}: {alive} goroutines went on, {dead} did not; {known} of these were proven leaked")
        if alive < 10 * arguments.seeds or dead < 10 * arguments.seeds or known < LEAST_SHARE * dead:
            failed += 1
            print(f"FAIL {release} tangle: too few of one sort for a test, or too few proven", flush=True)
    print(f"{passed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
