#!/usr/bin/env python3
"""Checks what holdfast says of words that name freed memory, with a program that knows which it has.

  tests/e2e/dangling.py HOLDFAST [--releases 1.19,1.26] [--modes dwarf,stripped]

Builds the program `dangling`, and asks the process, a core, and captures with content and without. A comparison that cannot
fail proves nothing: it is also given a truth that is wrong.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import stated

RELEASES = ("1.19", "1.21", "1.23", "1.24", "1.26", "1.27")


def ask(holdfast, *words):
    return subprocess.run([holdfast, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


def rows(holdfast, target, address=None):
    done = ask(holdfast, "dangling", target, "--json", "--top", 0, *(["--object", hex(address)] if address else []))
    if done.returncode:
        raise RuntimeError(f"dangling {address or ''}: exit {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def words_of(answer):
    """Returns how many words there are by kind and place."""
    return {(row["kind"], row["place"]): row["words"] for row in answer["dangling"]}


def wrong_words(facts, answer, name, content):
    found = words_of(answer)
    wanted = {("uintptr", "main.handle.address"): facts["stale numbers"]}
    if content:
        wanted[("reused", "main.reader.page")] = facts["named otherwise"]
        wanted[("number", "main.handle.stamp")] = facts["stale stamps"]
    for place, words in wanted.items():
        if found.get(place) != words:
            yield f"{place}: stated {words}, said {found.get(place)}"
    if ("uintptr", "main.reader.page") in found:
        yield "an address that is used again is said to be freed"
    outside = sum(words for (kind, _), words in found.items() if kind == "outside")
    if outside < (name in ("core", "live")):
        yield f"one word outside of the heap, which is looked at in a core and a process; said {outside}"
    variables = sum(words for (kind, _), words in found.items() if kind == "variable")
    if bool(variables) != content:
        yield f"one package variable has such an address; said {variables}"


def wrong_places(facts, lone, reused, live, content):
    """Of one address: a variable and a field name the freed one, only a number the one that is used again."""
    kinds = [kind for kind, _ in words_of(lone)]
    if sorted(set(kinds) - {"stack"}) != (["number", "uintptr", "variable"] if content else ["uintptr"]):
        yield f"of a freed address: {words_of(lone)}"
    if words_of(reused).get(("uintptr", "main.reader.page")) != (1 if content else None):
        yield f"of an address that is used again: {words_of(reused)}"
    if content and words_of(live).get(("uintptr", "main.handle.address")) != 1:
        yield f"of an address that lives: {words_of(live)}"
    if any(kind == "pointer" for answer in (lone, reused, live) for kind, _ in words_of(answer)):
        yield "the program has no pointers of that sort"
    if any(row["value"] != hex(facts["lone"]) for row in lone["dangling"]):
        yield f"other addresses than {facts['lone']:#x}: {lone['dangling']}"


def wrong_findings(facts, report, keeps_content):
    """Of numbers that name memory which is used again only a capture with content tells: a report reads no content by itself."""
    found = {f["fault"]: (f["confidence"], f["count"]) for f in report["findings"] if f["id"] == "dangling"}
    wanted = {"main.handle.address": ("possible", facts["stale numbers"])}
    if keeps_content:
        wanted["main.reader.page"] = ("possible", facts["named otherwise"])
    if found != wanted:
        yield f"findings: {wanted} stated, {found} said"


def wrong_refusal(holdfast, target, facts):
    """Who asks about the address as about an object is told what the slot is and whom to ask."""
    for verb in ("why", "show"):
        done = ask(holdfast, verb, target, hex(facts["lone"]))
        if done.returncode != 1 or "which is free" not in done.stderr or "main.buffer" not in done.stderr or "holdfast dangling" not in done.stderr:
            yield f"{verb} of a freed address: exit {done.returncode}: {done.stderr}"


def wrong_crash(holdfast, target, facts, lone, folder):
    """The same is said of an address whether it is given or read from what Go printed about a crash."""
    crash = folder / "crash.txt"
    crash.write_text(f"runtime: pointer {facts['lone']:#x} to unallocated span span.base()=0xc000106000 span.state=0\n"
                     f"runtime: found in object at *({facts['live']:#x}+0x0)\n"
                     "fatal error: found bad pointer in Go heap (incorrect use of unsafe or cgo?)\n")
    done = ask(holdfast, "dangling", target, "--json", "--top", 0, "--crash", crash)
    if done.returncode:
        yield f"--crash: exit {done.returncode}: {done.stderr}"
        return
    answer = json.loads(done.stdout)
    if words_of(answer) != words_of(lone):
        yield f"--crash: {words_of(answer)}, and of the address alone {words_of(lone)}"
    for words in (f"{facts['lone']:#x}, the pointer that the collector refused, is in ",
                  f"{facts['live']:#x}, where this pointer was found, is in an object: main.buffer"):
        if words not in answer["remark"]:
            yield f"--crash: no {words!r} in {answer['remark']!r}"
    crash.write_text("panic: runtime error: invalid memory address or nil pointer dereference\n")
    done = ask(holdfast, "dangling", target, "--crash", crash)
    if done.returncode != 2 or "has no message with an address" not in done.stderr:
        yield f"--crash of a nil pointer: exit {done.returncode}: {done.stderr}"


def wrong(holdfast, name, target, truth, mode, content):
    facts = truth["facts"]
    try:
        answer = rows(holdfast, target)
        lone, reused, live = (rows(holdfast, target, facts[which]) for which in ("lone", "reused", "live"))
        report = json.loads(ask(holdfast, "report", target, "--json").stdout)
    except RuntimeError as error:
        yield str(error)
        return
    yield from wrong_words(facts, answer, name, content)
    yield from wrong_places(facts, lone, reused, live, content)
    yield from wrong_findings(facts, report, name == "hold")
    yield from wrong_refusal(holdfast, target, facts)
    with tempfile.TemporaryDirectory(prefix="holdfast-crash-") as folder:
        yield from wrong_crash(holdfast, target, facts, lone, pathlib.Path(folder))
    for what in ("stale numbers", *(["stale stamps"] if content else [])):
        if not list(wrong_words(facts | {what: 1}, answer, name, content)):
            yield f"a wrong number of {what} is not found"
    for what in ("stale numbers", *(["named otherwise"] if name == "hold" else [])):
        if not list(wrong_findings(facts | {what: facts[what] + 1}, report, name == "hold")):
            yield f"a wrong finding of {what} is not found"
    if not list(wrong_places(facts | {"lone": 1}, lone, reused, live, content)):
        yield "a wrong address is not found"


if __name__ == "__main__":
    sys.exit(stated.main(__doc__, "dangling", RELEASES, wrong))
