#!/usr/bin/env python3
"""Looks at programs that allocate without rest (churn and map_churn in tests/e2e/programs), stripped, again and again:
each look must succeed and each strict audit be clean, wherever the threads were stopped; and what nothing reaches at a
look, the next collection must free. The looks also at one whose list of spans moves meanwhile (grower).

  tests/e2e/busy_looks.py                                    40 looks at each
  tests/e2e/busy_looks.py --looks 1000 --releases 1.23,1.27  as often on each of these Go releases [1.26]

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
LOOKS_PER_PROOF = 10
PROVEN_AT_LEAST = 1_000  # objects: the programs drop some thousand to some million between two collections
EMPTY_AT_MOST = 0.1       # of the proofs: a look that follows on a collection finds nothing dropped yet
LET_GO_AT_MOST = 16       # objects that nothing else held: what words of a few stacks can name; one can hold a whole map
RESTLESS = ("churn", "map_churn")
GROWERS = 8       # processes; each soon has all the spans that it wants
GROWER_LOOKS = 3  # at each; one in six failed when mappings were read only once


def look(binary, pid):
    """What one strict audit complains of, and its figures."""
    done = subprocess.run([str(binary), "audit", "--strict", "--json", str(pid)], capture_output=True, text=True,
                          timeout=VERB_SECONDS)
    if done.returncode not in (0, 3):
        return [f"exit code {done.returncode}: {done.stderr.strip()[-300:]}"], {}
    audit = json.loads(done.stdout)
    wrong = [f"{c['name']}: the runtime's {c['runtime']}, ours {c['ours']}"
             for c in audit["counters"] if c["must_match"] and c["runtime"] != c["ours"]]
    wrong += [f"{name}: {audit[name]}" for name in
              ("alloc_count_mismatches", "not_unwound") if audit[name]]
    wrong += [f"{name}: {audit[name]}, {audit[examples]}" for name, examples in
              (("unexplained_objects", "unexplained"), ("pointers_to_free_slots", "free_slot_pointers")) if audit[name]]
    # A thread can be stopped where frames are not yet or no longer what its function says: that stack is read word by
    # word. Of goroutines that wait, `not_unwound` has those.
    wrong += [f"loss {loss['kind']}: {loss['count']}, {loss['detail']}" for loss in audit["losses"]
              if loss["kind"] != "stack-not-unwound"]
    if done.returncode == 3 and not wrong:
        wrong = ["exit code 3, and nothing says why"]
    return wrong, audit


def prove(binary, pid):
    """What is wrong with a proof, and how many objects it saw freed: what nothing reached, the next collection must have
    freed, but for the few objects that a word of a preempted stack names."""
    done = subprocess.run([str(binary), "audit", "--strict", "--prove", "--json", str(pid)], capture_output=True, text=True,
                          timeout=VERB_SECONDS)
    if done.returncode not in (0, 3):
        return [f"--prove: exit code {done.returncode}: {done.stderr.strip()[-300:]}"], 0
    later = json.loads(done.stdout)["after_collection"]
    wrong = [f"--prove: kept without a cause: {later['kept']}, {later['examples']}"] if later["kept"]["objects"] else []
    if later["let_go"]["objects"]:
        print(f"  kept by one collection, gone later: {later['let_go']} of {later['unreached']}", flush=True)
    if later["let_go_first"] > LET_GO_AT_MOST:
        wrong.append(f"--prove: kept by one collection: expected at most {LET_GO_AT_MOST} that nothing else held, got {later}")
    return wrong, later["freed"]["objects"]


def look_often(binary, release, count, add):
    """Calls add(complaints, what) for each look at each of the programs."""
    for program in RESTLESS:
        in_flight = collections.Counter()
        freed = []  # objects, by proof
        with Fixture(cells.build(cells.Cell(release, program, "stripped"))) as restless:
            for n in range(count):
                wrong, audit = look(binary, restless.pid)
                in_flight.update(c["name"] for c in audit.get("counters", ())
                                 if c["runtime"] != c["ours"] and not c["must_match"])
                add(wrong, f"{release} {program} look {n + 1}")
                if n % LOOKS_PER_PROOF == 0:
                    wrong, objects = prove(binary, restless.pid)
                    freed.append(objects)
                    add(wrong, f"{release} {program} proof after look {n + 1}")
                if restless.process.poll() is not None:
                    add([f"the target has ended with {restless.process.returncode}"], f"{release} {program}")
                    break
        empty = sum(objects < PROVEN_AT_LEAST for objects in freed)
        too_many = empty > max(1, EMPTY_AT_MOST * len(freed))
        add([f"--prove: {empty} of {len(freed)} freed fewer than {PROVEN_AT_LEAST} objects"] if too_many else [],
            f"{release} {program} proofs")
        print(f"{release} {program}: {count} looks, {sum(freed):,} objects freed in {len(freed)} proofs; counters differed by "
              f"what was in flight: {dict(in_flight)}", flush=True)


def look_while_it_grows(binary, release, add):
    program = cells.build(cells.Cell(release, "grower", "stripped"))
    for n in range(GROWERS):
        with Fixture(program) as grower:
            for _ in range(GROWER_LOOKS):
                add(look(binary, grower.pid)[0], f"{release} grower {n + 1}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--looks", type=int, default=40, help="at each program, on each release [40]")
    parser.add_argument("--releases", type=lambda t: t.split(","), default=["1.26"], help="Go releases [1.26]")
    parser.add_argument("--holdfast", type=pathlib.Path, default=BINARY, help="the program")
    arguments = parser.parse_args()
    tally = collections.Counter()

    def add(complaints, what):
        tally[not complaints] += 1
        for text in complaints:
            print(f"  FAIL {what}: {text}", flush=True)

    for release in arguments.releases:
        try:
            look_often(arguments.holdfast.resolve(), release, arguments.looks, add)
            look_while_it_grows(arguments.holdfast.resolve(), release, add)
        except (Broken, cells.BuildFailed, OSError, ValueError, subprocess.TimeoutExpired) as error:
            add([str(error)], release)
    print(f"{tally[True]} passed, {tally[False]} failed")
    return 1 if tally[False] else 0


if __name__ == "__main__":
    sys.exit(main())
