#!/usr/bin/env python3
"""Checks what holdfast reads of maps, slices, strings, timers, locks and code, with a program that knows it.

  tests/e2e/facts.py HOLDFAST [--releases 1.19,1.26] [--modes dwarf,stripped]

Builds the program `facts`, and asks the process, a core, and captures with content and without, by SQL. A comparison
that cannot fail proves nothing: it is also given a truth that is wrong.
"""
import json
import re
import subprocess
import sys

import stated

RELEASES = ("1.19", "1.21", "1.23", "1.24", "1.26", "1.27")
MINUTE = 60 * 10**9


def rows(holdfast, target, sql):
    done = subprocess.run([holdfast, "query", str(target), sql, "--json"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(f"{sql}: exit {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def names(facts, what):
    return [m.group(1) for m in map(re.compile(rf"{what} (\w+)$").match, facts) if m]


def wrong_maps(facts, known):
    by_address = {int(row["address"], 16): row for row in known}
    for name in names(facts, "map"):
        row = by_address.get(facts[f"map {name}"])
        wanted = (facts[f"map {name} entries"], facts[f"map {name} slots"])
        if row is None or (row["entries"], row["slots"]) != wanted or row["bytes"] < 8 * row["slots"]:
            yield f"map {name}: stated {wanted}, said {row}"


def wrong_headers(facts, known, typed):
    """Of a stripped program not every variable has a type; what is said must be right."""
    for name in names(facts, "header"):
        wanted = {what: facts[f"header {name} {what}"] for what in ("data", "length", "capacity")}
        found = [row for row in known if row["word"] == facts[f"header {name}"]]
        if not found and not typed:
            continue
        if len(found) != 1 or {what: found[0][what] for what in wanted} != wanted:
            yield f"header {name}: stated {wanted}, said {found}"


def is_about(due, minutes):
    return due is None or (minutes - 5) * MINUTE < due <= minutes * MINUTE


def wrong_timers(facts, known, has_time):
    pending = [row for row in known if not row["stopped"]]
    if any((row["due_in"] is not None) != (has_time and not row["stopped"]) for row in known):
        yield f"when they are due is known: {not has_time}"
    alarms = [row for row in pending if row["calls"] == "main.expire"]
    if len(alarms) != facts["alarms"] or any(row["kind"] != "function" or row["function"] != "time.goFunc" for row in alarms):
        yield f"stated {facts['alarms']} alarms, said {alarms}"
    hours = {"first alarm": 1, "reset alarm": 3}
    for name, wanted in hours.items():
        row = next((row for row in alarms if row["address"] and int(row["address"], 16) == facts[name]), None)
        if row is None or not is_about(row["due_in"], 60 * wanted):
            yield f"the {name} is due in {wanted} h, said {row}"
    if any(row["address"] and int(row["address"], 16) == facts["stopped"] for row in pending):
        yield "a stopped timer is pending"
    ticker = next((row for row in pending if row["address"] and int(row["address"], 16) == facts["ticker"]), None)
    if ticker is None or (ticker["kind"], ticker["period"]) != ("channel", 60 * MINUTE) or not is_about(ticker["due_in"], 60):
        yield f"a ticker of an hour, said {ticker}"
    sleeper = [row for row in pending if row["goid"] == facts["sleeper"]]
    if len(sleeper) != 1 or sleeper[0]["kind"] != "sleep" or not is_about(sleeper[0]["due_in"], 120):
        yield f"goroutine {facts['sleeper']} sleeps for 2 h, said {sleeper}"
    deadlines = [row for row in pending if row["calls"] and row["calls"].startswith("context.")]
    if len(deadlines) != 1 or not is_about(deadlines[0]["due_in"], 90):
        yield f"one context with a deadline of 90 min, said {deadlines}"


LOCK_KINDS = {"global": "Mutex", "own": "Mutex", "bare": "Mutex", "read": "RWMutex", "written": "RWMutex", "group": "WaitGroup"}
LOCK_ROWS = {"written": 2}  # a reader and a writer wait for different words of it


def wrong_locks(facts, known, named):
    """Of a stripped program nothing may be known of who uses a variable without pointers."""
    for name, kind in LOCK_KINDS.items():
        wanted = {"kind": f"sync.{kind}"} | {what: facts[f"lock {name} {what}"] for what in ("locked", "readers", "missing")}
        found = [row for row in known if row["lock"] and int(row["lock"], 16) == facts[f"lock {name}"]]
        said = [{what: row[what] for what in wanted} for row in found]
        if said != [wanted] * LOCK_ROWS.get(name, 1):
            yield f"lock {name}: stated {wanted}, said {said}"
        if any(bool(row["variable"]) > (name == "global") for row in found) or named and name == "global" and \
                any(row["variable"] != "main.global" for row in found):
            yield f"lock {name} lies in a variable: {found}"
    if len(known) != len(LOCK_KINDS) + 1:
        yield f"{len(LOCK_KINDS) + 1} words are waited for, said {known}"


REMOVALS = {"map[uint64]*main.record": "somewhere", "map[uint64]main.grown": "never", "map[uint64]*main.dropped": "somewhere",
            "map[uint64]*main.cleared": "somewhere", "map[uint32]uint32": "never"}


def wrong_removals(known):
    """Generic code is told its types when it runs, and so may be about any map whose keys or elements are of its shapes."""
    said = {row["type"]: row["removals"] for row in known}
    for name, wanted in REMOVALS.items():
        if said.get(name) != wanted:
            yield f"removals from {name}: {wanted}, said {said.get(name)}"
    if said.get("map[uint16]*main.generic") == "never":
        yield "generic code removes from map[uint16]*main.generic"


def wrong(holdfast, name, target, truth, mode, content):
    facts = truth["facts"]
    try:
        maps = rows(holdfast, target, "SELECT o.address, m.* FROM maps m JOIN objects o ON o.id = m.object")
        # An object's address is that of its slot; where a header stands in it is `offset`.
        headers = rows(holdfast, target, "SELECT coalesce(o.address, r.address) + h.offset AS word, t.address + h.begin AS data, h.* FROM headers h "
                       "LEFT JOIN objects o ON o.id = h.object LEFT JOIN roots r ON r.id = h.root JOIN objects t ON t.id = h.target")
        timers = rows(holdfast, target, "SELECT o.address, g.goid, t.* FROM timers t LEFT JOIN objects o ON o.id = t.object "
                      "LEFT JOIN goroutines g ON g.id = t.goroutine")
        locks = rows(holdfast, target, "SELECT * FROM locks")
        removals = rows(holdfast, target, "SELECT type, removals FROM types WHERE kind = 'map'")
        losses = rows(holdfast, target, "SELECT kind, count FROM losses")
    except RuntimeError as error:
        yield str(error)
        return
    yield from wrong_maps(facts, maps)
    yield from wrong_headers(facts, headers, mode.dwarf)
    yield from wrong_timers(facts, timers, name != "core")
    yield from wrong_locks(facts, locks, mode.dwarf)
    yield from wrong_removals(removals)
    if losses:
        yield f"losses: {losses}"
    yield from blind(facts, maps, headers, timers, locks, mode, name != "core")


def blind(facts, maps, headers, timers, locks, mode, has_time):
    """Yields comparisons that do not see a wrong truth."""
    if not list(wrong_maps(facts | {"map emptied entries": 11}, maps)) or not list(wrong_maps(facts | {"map full slots": 8}, maps)):
        yield "a wrong fill of a map is not found"
    if not list(wrong_headers(facts | {"header Tail data": 1}, headers, mode.dwarf)):
        yield "a wrong header is not found"
    for wrong_fact in ({"lock own locked": 0}, {"lock group missing": 2}, {"lock read readers": 1}, {"lock bare": 1}):
        if not list(wrong_locks(facts | wrong_fact, locks, mode.dwarf)):
            yield f"a wrong {list(wrong_fact)} is not found"
    for wrong_fact in ({"alarms": 4}, {"sleeper": 1}, {"stopped": facts["first alarm"]}, {"ticker": 1}):
        if not list(wrong_timers(facts | wrong_fact, timers, has_time)):
            yield f"a wrong {list(wrong_fact)} is not found"


if __name__ == "__main__":
    sys.exit(stated.main(__doc__, "facts", RELEASES, wrong))
