#!/usr/bin/env python3
"""Checks what holdfast says of a program that collects all the time because its memory limit is near.

  tests/e2e/account.py HOLDFAST

The program `spiral` says how often it collects and for how much of its processor time. A live process and its core must say the
same, the finding must be there, and so must the words of the verb `account`. Its twin is a program at rest, without the finding.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import cells
from processes import Fixture


def text(holdfast, *arguments):
    return subprocess.run([holdfast, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def check_spiral(holdfast, target, truth, at_rest):
    """Yields what is wrong in the report of a picture."""
    report = json.loads(text(holdfast, target, "--json"))
    pace, found = report["memory"]["pace"], [f["id"] for f in report["findings"]]
    if ("memory-limit" in found) == at_rest:
        yield f"findings: {found} of a program that is {'at rest' if at_rest else 'near its limit'}, with {pace}"
    if at_rest:
        return
    if pace["memory_limit"] != truth["memory_limit"] or pace["processors"] != truth["processors"]:
        yield f"memory limit and processors: expected {truth}, got {pace}"
    if not truth["per_second"] / 3 < pace["collections_per_second"] < truth["per_second"] * 3:
        yield f"collections a second: expected about {truth['per_second']}, got {pace['collections_per_second']}"
    if abs(pace["share_since_start"] - truth["share"]) > 0.2:
        yield f"share of the processors since the start: expected about {truth['share']}, got {pace['share_since_start']}"
    if not 0.9 * truth["memory_limit"] < pace["counted_for_limit"] < 1.2 * truth["memory_limit"]:
        yield f"what counts for the limit of {truth['memory_limit']}: got {pace['counted_for_limit']}"
    words = text(holdfast, "account", target)
    if "GOMEMLIMIT 80.0 MiB" not in words or "collections a second" not in words:
        yield f"account: {words[:2000]}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    holdfast, wrong = pathlib.Path(sys.argv[1]).resolve(), []
    for name, at_rest in (("spiral", False), ("list", True)):
        program = cells.build(cells.Cell("1.26", name, "stripped"))
        with tempfile.TemporaryDirectory(prefix="holdfast-account-") as folder, Fixture(program) as fixture:
            core = fixture.core(pathlib.Path(folder) / "core")
            for target in (fixture.pid, core):
                wrong += [f"{name}, {target}: {fault}" for fault in check_spiral(holdfast, target, fixture.truth, at_rest)]
    for fault in wrong:
        print(f"FAIL {fault}")
    print(f"{4 - len({fault.split(':')[0] for fault in wrong})} passed, {len({fault.split(':')[0] for fault in wrong})} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
