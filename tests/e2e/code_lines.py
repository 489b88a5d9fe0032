#!/usr/bin/env python3
"""Checks the lines of `holdfast verdict` where the program has no memory profile, so that only its machine code tells of them.

  tests/e2e/code_lines.py HOLDFAST
  tests/e2e/code_lines.py HOLDFAST --releases 1.19,1.22,1.27 --modes dwarf,stripped,pie-stripped

The program `made` states how many objects of which size each of its functions keeps, and what can be said of them: that they are
exactly that line's, at most its, or of one of several. It is asked as a process and as a capture; a capture whose program is of
another build has no lines, and says why. Ends with `N passed, N failed`.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import cells
from processes import Fixture


def verdict_of(holdfast, target, *more):
    done = subprocess.run([holdfast, "verdict", str(target), "--top", "0", "--json", *more], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"verdict {target}: {done.stderr}")
    return json.loads(done.stdout)


def made(row):
    """Returns {type: (objects, bytes in words)} of what the row says it made."""
    text = next(reason for reason in row["reasons"] if reason.startswith("made "))
    return {name: (int(count.replace(",", "")), words) for count, name, words in re.findall(r"([\d,]+) of ([^()]+) \(([^)]+)\)", text)}


def differences(verdict, truth):
    for function, said in truth["lines"].items():
        count, size, word = said["Objects"], said["Bytes"] // max(said["Objects"], 1), said["Word"]
        rows = [row for row in verdict["lines"] if row["place"].startswith(function + " ") and row["agreement"] == word]
        fitting = [row for row in rows if any(objects == count for objects, _ in made(row).values())]
        if len(fitting) != 1:
            yield f"{function}: {count} objects, {word}: {[(row['place'], row['agreement'], made(row)) for row in verdict['lines'] if function in row['place']]}"
            continue
        row = fitting[0]
        if row["alive"] < count * size:
            yield f"{function}: {row['alive']} B alive, the program keeps {count} of {size} B"
        if (row["least"] == row["alive"]) != (word == "exact"):
            yield f"{function}: {word}, but {row['least']} to {row['most']}"
        if any(row[column] is not None for column in ("samples", "in_use", "allocated", "survives", "dead")):
            yield f"{function}: has numbers of a profile that is not there"
        if (row["line"] is None) != (word == "one of several"):
            yield f"{function}: line {row['line']} of {word}"
    if "the linker has switched the profiler off" not in verdict["lines_rest_on"]:
        yield f"it is not said why there is no profile: {verdict['lines_rest_on']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast")
    parser.add_argument("--releases", default="1.19,1.27")
    parser.add_argument("--modes", default="stripped")
    options = parser.parse_args()
    holdfast, passed, failed = str(pathlib.Path(options.holdfast).resolve()), 0, 0

    def note(what, complaints):
        nonlocal passed, failed
        passed, failed = passed + (not complaints), failed + bool(complaints)
        for complaint in complaints:
            print(f"FAIL {what}: {complaint}", flush=True)

    for release in options.releases.split(","):
        for mode in options.modes.split(","):
            with tempfile.TemporaryDirectory(prefix="holdfast-code-lines-") as folder:
                program = shutil.copy(cells.build(cells.Cell(release, "made", mode)), folder)
                with Fixture(program) as fixture:
                    subprocess.run([holdfast, "capture", str(fixture.pid), "-o", f"{folder}/made.hold"], capture_output=True, check=True)
                    for target in (fixture.pid, f"{folder}/made.hold"):
                        note(f"{release} {mode} {target}", list(differences(verdict_of(holdfast, target), fixture.truth)))
                shutil.copy(cells.build(cells.Cell(release, "list", mode)), program)
                other = verdict_of(holdfast, f"{folder}/made.hold")
                note(f"{release} {mode} another build", [] if not other["lines"] and "another build" in other["lines_rest_on"] else [other["lines_rest_on"]])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
