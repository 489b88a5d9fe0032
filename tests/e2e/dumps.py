#!/usr/bin/env python3
"""Checks what `holdfast dump` says of what Go programs print when they end, and of all their goroutines.

  tests/e2e/dumps.py                        four releases
  tests/e2e/dumps.py --releases 1.19,1.27

The program is tests/e2e/dumps, built with the module line of its release, so that the release's own settings hold: 1.27
prints labels. Compared are messages, numbers of goroutines by status and function, and marks, with what the program did.
Every text is read again as logs write it: with times in front, as objects of JSON, with CRLF and lines of others. Ends
with `N passed, N failed`.
"""
import collections
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys

import cells
from running_checks import run_checks

SOURCE = pathlib.Path(__file__).resolve().parent / "dumps"
SECONDS = 60
# way: (what, text) of each message, in order. A text that begins with ^ is a pattern.
MESSAGES = {
    "panic": [("panic", "one line")],
    "error": [("panic", "^first line\nsecond line: \\[running\\]:")],
    "value": [("panic", r"^\(main\.Failure\) 0x[0-9a-f]+")],
    "stringer": [("panic", "text of x")],
    "float": [("panic", r"^(\+1\.500000e\+000|1\.5)")],
    "goexit": [("panic", "in goexit")],
    "nil-panic": [("panic", "^(nil|panic called with nil argument.*|runtime error: panic called with nil argument.*)")],
    "nested": [("panic", "first"), ("panic", "second"), ("panic", "third")],
    "recovered": [("panic", "first"), ("panic", "after first")],
    "nil": [("panic", "runtime error: invalid memory address or nil pointer dereference")],
    "index": [("panic", "runtime error: index out of range [7] with length 2")],
    "map": [("fatal error", "concurrent map writes")],
    "deadlock": [("fatal error", "all goroutines are asleep - deadlock!")],
    "overflow": [("fatal error", "stack overflow")],
    "fault": [("fatal error", "fault")],
    "unlock": [("fatal error", "^(fatal error: )?sync: unlock of unlocked mutex")],
    "memory": [("fatal error", "^runtime: (cannot allocate|out of) memory")],
    "no-main": [("fatal error", "no goroutines (main called runtime.Goexit) - deadlock!")],
}


def statuses(minor):
    """How many ways of `park` to wait have which status."""
    ways = {"chan receive": 3, "chan send": 1, "select": 1, "select (no cases)": 1, "chan receive (nil chan)": 1, "sleep": 1,
            "sync.Cond.Wait": 1, "IO wait": 1, "sync.Mutex.Lock": 1, "sync.RWMutex.RLock": 1, "sync.WaitGroup.Wait": 1}
    old = [name for name, first in (("sync.Mutex.Lock", 20), ("sync.RWMutex.RLock", 20), ("sync.WaitGroup.Wait", 24)) if minor < first]
    for name in old:
        ways["semacquire"] = ways.get("semacquire", 0) + ways.pop(name)
    ways["chan receive"] += 1  # with labels, locked, named and plain
    return ways


def build(release):
    folder = cells.CACHE / release
    folder.mkdir(parents=True, exist_ok=True)
    modfile = folder / "dumps.mod"
    modfile.write_text((SOURCE / "go.mod").read_text().replace("go 1.19", f"go {release}"))
    program = folder / "dumps"
    variables = ["CGO_ENABLED=0"] + (["GOEXPERIMENT=goroutineleakprofile"] if release == "1.26" else [])
    cells.run([cells.ROOT / "tools/go_release", release, "--", "env", *variables, "go", "build", f"-modfile={modfile}", "-o", program, "."],
              cells.plain_environment(), SOURCE)
    return program


class Program:
    def __init__(self, release, holdfast):
        self.minor, self.path, self.holdfast = cells.minor(release), build(release), holdfast

    def says(self, way, *arguments, **environment):
        """Returns what it prints: of a dump standard output, else the end on standard error."""
        done = subprocess.run([self.path, way, *arguments], capture_output=True, timeout=SECONDS, env=os.environ | environment)
        return done.stdout if way in ("dump", "leaks", "bubble", "many") else done.stderr

    def told(self, text, *options):
        done = subprocess.run([self.holdfast, "dump", "-", "--top", "0", "--json", *options], input=text, capture_output=True, timeout=SECONDS)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return json.loads(done.stdout)

    def killed(self, number, traceback):
        process = subprocess.Popen([self.path, "wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=os.environ | {"GOTRACEBACK": traceback}, preexec_fn=no_core)
        process.stdout.readline()
        process.send_signal(number)
        return process.communicate(timeout=SECONDS)[1]


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def headers(text):
    """Goroutines of a text, by Python's own reading: {number: whether it has a header of its own}. 0 is a thread's."""
    return {int(n) for n in re.findall(rb"^goroutine (\d+) .*:$", text, re.M)} - {0}


def same(wanted, found):
    return re.match(wanted[1:], found, re.S) if wanted.startswith("^") else wanted == found


def messages(program):
    """Each way to end is told with its message, whatever GOTRACEBACK lets the runtime print."""
    for way, wanted in MESSAGES.items():
        for traceback in ("single", "system", "none") if way in ("panic", "nil", "fault") else ("single",):
            text = program.says(way, GOTRACEBACK=traceback)
            told = program.told(text)
            found = [(one["what"], one["text"]) for one in told["happened"]]
            if len(found) != len(wanted) or not all(a == c and same(b, d) for (a, b), (c, d) in zip(wanted, found)):
                yield f"{way}, {traceback}: {found} and not {wanted}"
            if told["other_lines"]["count"] or told["unknown_headers"]["count"]:
                yield f"{way}, {traceback}: lines are not read: {told['other_lines']}, {told['unknown_headers']}"
            frames = [one["function"] for one in told["dump"] if one["status"] == "running"]
            if traceback != "none" and way not in ("no-main", "deadlock", "memory") and not any(f.startswith("main.") for f in frames):
                yield f"{way}, {traceback}: nothing of main runs in {frames}"
    again = program.told(program.says("again"))["happened"]
    if {one["text"] for one in again} != {"same value"} or not again[0]["recovered"] or again[0]["thrown_again"] != (program.minor >= 25):
        yield f"again: {again}"
    overflow = program.told(program.says("overflow"))["dump"][0]
    if not overflow["left_out"] or overflow["function"] != "main.recurse":
        yield f"overflow: {overflow['function']} leaves out {overflow['left_out']}"
    for way, is_nil in (("nil", True), ("fault", False)):
        told = program.told(program.says(way))["happened"][0]
        if told["signal"] != "SIGSEGV" or (int(told["address"], 16) < 4096) != is_nil:
            yield f"{way}: {told}"


def goroutines(program):
    """A dump has the goroutines that are there, by status, with marks and keys of labels; and no value unless asked for."""
    for way, environment in (("dump", {}), ("dump", {"GODEBUG": "tracebackancestors=3"}), ("dump", {"GODEBUG": "tracebacklabels=1"})):
        text = program.says(way, **environment)
        told = program.told(text)
        if told["goroutines"] != len(headers(text)) or told["goroutines"] != json.loads(text.splitlines()[0])["goroutines"]:
            yield f"{environment}: {told['goroutines']} goroutines, the text has {len(headers(text))}"
        found = collections.Counter()
        for row in told["dump"]:
            if row["created_by"] == "main.park":
                found[row["status"]] += row["goroutines"]
        wanted = {status: 3 * count for status, count in statuses(program.minor).items()}
        if found != wanted:
            yield f"{environment}: {dict(found)} and not {wanted}"
        if sum(row["locked"] or 0 for row in told["dump"]) != 3:
            yield f"{environment}: not three are locked to threads"
        if any(one["created_in"] != (1 if program.minor >= 21 else None) for one in told["dump"] if one["created_by"] == "main.park"):
            yield f"{environment}: who created them is not goroutine 1"
        yield from labels(program, text, has=program.minor >= 27 or program.minor == 26 and "labels" in str(environment))


def labels(program, text, has):
    closed, open_ = program.told(text), program.told(text, "--labels")
    keys = {row["labels"] for row in closed["dump"]} - {None}
    if keys != ({"plain, query, tenant"} if has else set()) or "acme" in json.dumps(closed):
        yield f"keys of labels are {keys}"
    values = {row["labels"] for row in open_["dump"]} - {None}
    if values != ({'plain=7, query=a: "b"}, ]: {x\nnext, tenant=acme'} if has else set()):
        yield f"values of labels are {values}"


def signals(program):
    for name in ("SIGQUIT", "SIGABRT", "SIGSEGV"):
        for traceback in ("all", "crash"):
            text = program.killed(getattr(signal, name), traceback)
            told = program.told(text)
            if {one["signal"] for one in told["happened"]} != {name} or told["goroutines"] != len(headers(text)):
                yield f"{name}, {traceback}: {told['happened']}, {told['goroutines']} goroutines and not {len(headers(text))}"
            if told["other_lines"]["count"] or told["unknown_headers"]["count"] or told["empty_headers"]["count"] \
                    or bool(told["threads"]) != (b"\ngoroutine 0 " in text):  # the signal may have come to a thread that ran a goroutine
                yield f"{name}, {traceback}: {told['other_lines']} {told['unknown_headers']} {told['empty_headers']} {told['threads']}"


def marks(program):
    if program.minor >= 26:
        told = program.told(program.says("leaks"))
        leaked = [(row["goroutines"], row["leaked"], row["function"]) for row in told["dump"] if row["leaked"]]
        if leaked != [(3, 3, "main.receive")]:
            yield f"leaked: {leaked}"
    if program.minor >= 25:
        told = program.told(program.says("bubble"), "--each")
        inside = [row for row in told["dump"] if row["bubble"]]
        if len(inside) != 5 or sum(row["durable"] or 0 for row in inside) != 4 or {row["bubble"] for row in inside} != {1}:
            yield f"bubble: {[(row['goid'], row['status'], row['durable'], row['bubble']) for row in inside]}"


def through_logs(program):
    """Whatever a log does to a text, the same is told of it."""
    text = program.killed(signal.SIGQUIT, "all")
    wanted = program.told(text)
    for row in wanted["dump"]:
        row.pop("line")
    lines = text.decode().splitlines()
    noise = "GET /index (5 items) 200"
    mixed = [line for one in lines for line in ([one, noise] if one.startswith("main.") else [one])]
    minutes = re.sub(r"\[(chan receive|select)\b([^\]]*)\]", r"[\1\2, 71 minutes]", text.decode())
    for what, given, others in (
            ("CRLF", "\r\n".join(lines), 0),
            ("Kubernetes", "\n".join(f"2026-11-30T12:00:0{i % 10}.{i}Z stderr F {line}" for i, line in enumerate(lines)), 0),
            ("journal", "\n".join(f"Nov 30 21:00:{i % 60:02} host web[4711]: {line}" for i, line in enumerate(lines)), 0),
            ("Docker", "\n".join(json.dumps({"log": line + "\n", "stream": "stderr"}) for line in lines), 0),
            ("lines of others", "\n".join(mixed), mixed.count(noise)), ("minutes", minutes, 0)):
        told = program.told(given.encode())
        count = told["other_lines"]["count"]
        waits = {row["waits_most"] for row in told["dump"] if row["status"] == "select"}
        for row in told["dump"]:
            row.pop("line")
            if what == "minutes":
                row["waits_least"] = row["waits_most"] = None
        if told["dump"] != wanted["dump"] or count != others:
            yield f"{what}: other rows, {count} lines of others and not {others}"
        if what == "minutes" and waits != {71 * 60 * 10**9}:
            yield f"minutes: {waits}"
    cut = program.told(text[:text.rindex(b"main.park")])
    if not cut["cut_off"]:
        yield "that it is cut off is not seen"


def clean(program):
    """What is clean has the same goroutines, without labels."""
    for text in (program.says("dump", GODEBUG="tracebacklabels=1"), program.killed(signal.SIGQUIT, "all")):
        done = subprocess.run([program.holdfast, "dump", "--clean", "-"], input=text, capture_output=True, timeout=SECONDS, check=True)
        if headers(done.stdout) != headers(text) or b"acme" in done.stdout or b"gp=" in done.stdout:
            yield "other goroutines, or labels in it"
        before, after = program.told(text)["dump"], program.told(done.stdout)["dump"]
        pick = lambda rows: sorted((row["goroutines"], row["status"], row["function"], row["place"], row["created_by"] or "") for row in rows)
        if pick(before) != pick(after):
            yield "other rows"


def refusals(program):
    for what, given, words in (("a page", b"<html>404</html>", "no dump"), ("nothing", b"", "is empty"),
                               ("a profile", b"goroutine profile: total 3\n1 @ 0x1\n", "debug=2"),
                               ("a beginning", b"goroutine 1 [running]:\n", "before the stack")):
        done = subprocess.run([program.holdfast, "dump", "-"], input=given, capture_output=True, timeout=SECONDS)
        if done.returncode != 1 or words not in done.stderr.decode():
            yield f"{what}: exit {done.returncode}, {done.stderr.decode()}"


CHECKS = (messages, goroutines, signals, marks, through_logs, clean, refusals)


if __name__ == "__main__":
    sys.exit(run_checks(__doc__, CHECKS, Program, ["1.19", "1.24", "1.26", "1.27"]))
