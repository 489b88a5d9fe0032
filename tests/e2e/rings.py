#!/usr/bin/env python3
"""Checks what `holdfast verdict` says of cycles of pointers: which are never freed, who holds the others, and what is freed.

  tests/e2e/rings.py HOLDFAST [--releases 1.19,1.27] [--modes stripped]

The program `rings` states how many cycles it made with finalizers, how many it keeps, how many with cleanups, and that no
finalizer has run in five collections. It is asked as a process, as a core and as a capture. Ends with `N passed, N failed`.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import cells
from code_lines import verdict_of
from processes import Fixture

FINALIZED = 2 * 4864  # bytes of the two objects, as allocated
KEPT = 2 * 1152


def differences(verdict, said):
    groups = {group["types"]: group for group in verdict["cycles"] if group["types"].startswith("main.")}
    if set(groups) != {"main.finalized", "main.kept"}:
        yield f"there are cycles of {sorted(groups)}"
        return
    finalized, kept = groups["main.finalized"], groups["main.kept"]
    for group, count, size in ((finalized, said["finalized"], FINALIZED), (kept, said["kept"], KEPT)):
        if (group["cycles"], group["objects"], group["bytes"]) != (count, 2 * count, count * size):
            yield f"{group} and not {count} cycles of {size} B"
    if said["finalizers run"] or not finalized["never_freed"] or finalized["finalizers"] != said["finalized"] or finalized["held_by"]:
        yield f"{said['finalizers run']} finalizers ran: {finalized}"
    if kept["never_freed"] or kept["finalizers"] or "main.makeKept" not in kept["held_by"] and kept["held_by"] != "main.held":
        yield f"what main.held keeps: {kept}"
    if verdict["cycles"][0] is not finalized:
        yield "what is never freed does not come first"
    if "Cycles of pointers with finalizers keep 2.8 MiB for ever" not in verdict["verdict"]:
        yield f"the sentence does not have it: {verdict['verdict']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast")
    parser.add_argument("--releases", default="1.19,1.27")
    parser.add_argument("--modes", default="stripped")
    options = parser.parse_args()
    holdfast, passed, failed = str(pathlib.Path(options.holdfast).resolve()), 0, 0
    for release in options.releases.split(","):
        for mode in options.modes.split(","):
            program = cells.build(cells.Cell(release, "rings", mode))
            with tempfile.TemporaryDirectory(prefix="holdfast-rings-") as folder, Fixture(program) as fixture:
                subprocess.run([holdfast, "capture", str(fixture.pid), "-o", f"{folder}/rings.hold"], capture_output=True, check=True)
                for target in (fixture.pid, fixture.core(f"{folder}/core"), f"{folder}/rings.hold"):
                    complaints = list(differences(verdict_of(holdfast, target), fixture.truth["rings"]))
                    passed, failed = passed + (not complaints), failed + bool(complaints)
                    for complaint in complaints:
                        print(f"FAIL {release} {mode} {target}: {complaint}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
