#!/usr/bin/env python3
"""Checks which goroutines holdfast proves leaked, with a program that states of each whether anybody can wake it.

  tests/e2e/verdicts.py HOLDFAST [--releases 1.19,1.26] [--modes dwarf,stripped]

Builds the program `verdicts`, and asks the process, a core, and captures. A comparison that cannot fail proves nothing: it
is also given a truth that is wrong.
"""
import json
import subprocess
import sys

import stated

RELEASES = ("1.19", "1.22", "1.24", "1.27")
BUFFER = 64 << 10  # what many of those who wait for ever hold
WITH_BUFFER = {"receive", "send", "send to a full channel", "select", "mutex", "condition", "channel of an object with a finalizer"}


def rows_of(holdfast, target):
    done = subprocess.run([holdfast, str(target), "--json", "--top", "0"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(f"{target}: exit {done.returncode}: {done.stderr.strip()}")
    report = json.loads(done.stdout)
    return {goid: row for row in report["goroutines"] for goid in row["goids"]}, report["findings"], report["losses"]


def differences(facts, rows):
    cases = [fact.removeprefix("leaked: ") for fact in facts if fact.startswith("leaked: ")]
    if len(cases) < 30:
        yield f"only {len(cases)} cases are stated"
    for case in cases:
        row = rows.get(facts[f"goid: {case}"])
        if row is None:
            yield f"{case}: no row has goroutine {facts[f'goid: {case}']}"
            continue
        if (row["leaked"] == row["count"] > 0) != bool(facts[f"leaked: {case}"]):
            yield f"{case}: stated {facts[f'leaked: {case}']}, said {row['leaked']} of {row['count']} in {row['wait_reason']}"
        elif case in WITH_BUFFER and not BUFFER <= row["leaked_bytes"] < BUFFER + 16384:
            yield f"{case}: holds {row['leaked_bytes']} B and not the buffer of {BUFFER}"


def wrong(holdfast, name, target, truth, mode, content):
    facts = truth["facts"]
    rows, findings, losses = rows_of(holdfast, target)
    yield from differences(facts, rows)
    leaked = sum(value for fact, value in facts.items() if fact.startswith("leaked: "))
    found = sum(finding["count"] for finding in findings if finding["id"] == "goroutine-leak")
    if found != leaked:
        yield f"findings speak of {found} leaked goroutines, not of {leaked}"
    if losses:
        yield f"losses: {losses}"
    for fact in [fact for fact in facts if fact.startswith("leaked: ")][:2]:
        if not list(differences({**facts, fact: 1 - facts[fact]}, rows)):
            yield f"a wrong truth about {fact} was taken for right"


if __name__ == "__main__":
    sys.exit(stated.main(__doc__, "verdicts", RELEASES, wrong))
