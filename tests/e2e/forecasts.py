#!/usr/bin/env python3
"""Compares the memory that `--dry-run` foretells with what a look takes at its peak, on large heaps of several shapes
(shapes in tests/e2e/programs): never less than that, and little more. What is taken must be within the promise, too.

  tests/e2e/forecasts.py                                     all shapes
  tests/e2e/forecasts.py --shapes list,maps --releases 1.23  these, on that Go release [1.26]

Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

import cells
from processes import VERB_SECONDS, Broken, Fixture

BINARY = cells.ROOT / "build/release/holdfast"
MIB = 1 << 20
# Of things; at most so many times the peak may be foretold. Of crossings, how many references lead to what was met
# before is known only at the end: all are counted. So it is with slices before Go 1.22.
SHAPES = {"slice": (20_000_000, 1.15), "distinct": (5_000_000, 1.15), "list": (10_000_000, 1.15),
          "maps": (500_000, 1.15), "leaves": (2_000_000, 1.15), "garbage": (10_000_000, 1.15),
          "crossings": (1_500_000, 1.35)}
OLD_MOST = {"leaves": 1.35}
OWN = 36 * MIB              # the program itself, its libraries, the target's files and their debug information
# Where there are so many references that their rows alone break the promise: bytes of all of these. Before Go 1.22 each
# reference of a slice is in a row of its own, which is in hand twice.
ROWS = {"crossings": 5 * 16 * 1_500_000}
OLD_ROWS = {"slice": 10 * 20_000_000}


def answer(binary, *arguments):
    done = subprocess.run([str(binary), *map(str, arguments), "--json"], capture_output=True, text=True,
                          timeout=VERB_SECONDS)
    if done.returncode:
        raise Broken(f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)


def complaints(release, shape, foreseen, report):
    """What is wrong with a forecast, and with what was taken."""
    need, peak = foreseen["memory"]["need_bytes"], report["peak_rss_bytes"]
    is_old = cells.minor(release) < 22
    most = OLD_MOST.get(shape, SHAPES[shape][1]) if is_old else SHAPES[shape][1]
    print(f"  {shape}: read {report['bytes_read'] / MIB:.1f} MiB, {foreseen['objects']:,} objects; "
          f"foretold {need / MIB:.1f} MiB, taken {peak / MIB:.1f}", flush=True)
    if need < peak:
        yield f"foretold {need}, which is less than the peak, {peak}"
    if need > peak * most + 12 * MIB:
        yield f"foretold {need}, more than {most} times the peak, {peak}"
    promise = report["bytes_read"] * 13 // 10 + 32 * foreseen["objects"] + OWN
    rows = (ROWS | OLD_ROWS if is_old else ROWS).get(shape, 0)
    promise = max(promise, report["bytes_read"] + 10 * foreseen["objects"] + rows + OWN)
    if peak > promise:
        yield f"taken {peak}, promised {promise}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=lambda t: t.split(","), default=list(SHAPES), help="which [all]")
    parser.add_argument("--releases", type=lambda t: t.split(","), default=["1.26"], help="Go releases [1.26]")
    parser.add_argument("--modes", type=lambda t: t.split(","), default=["stripped"], help="builds [stripped]")
    parser.add_argument("--holdfast", type=pathlib.Path, default=BINARY, help="the program")
    arguments = parser.parse_args()
    tally = collections.Counter()
    for release in arguments.releases:
        for mode in arguments.modes:
            for shape in arguments.shapes:
                try:
                    program = cells.build(cells.Cell(release, "shapes", mode))
                    with Fixture(program, ("-shape", shape, "-size", str(SHAPES[shape][0]))) as target:
                        foreseen = answer(arguments.holdfast, "capture", "--dry-run", target.pid)
                        wrong = list(complaints(release, shape, foreseen, answer(arguments.holdfast, target.pid)))
                except (Broken, cells.BuildFailed, OSError, ValueError, subprocess.TimeoutExpired) as error:
                    wrong = [str(error)]
                tally[not wrong] += 1
                for text in wrong:
                    print(f"  FAIL {release} {mode} {shape}: {text}", flush=True)
    print(f"{tally[True]} passed, {tally[False]} failed")
    return 1 if tally[False] else 0


if __name__ == "__main__":
    sys.exit(main())
