#!/usr/bin/env python3
"""Checks what `holdfast gc` says of what Go programs tell of their collector, against the runtime's own numbers.

  tests/e2e/collector.py                        four releases
  tests/e2e/collector.py --releases 1.19,1.27

The program is tests/e2e/collector. Compared are the numbers of cycles and of forced ones and the sums of pauses with
MemStats, each line of gctrace with Python's own reading, and what is said of growth, of a memory limit and of leak
searches with what the program did. Ends with `N passed, N failed`.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import cells
from running_checks import run_checks

SOURCE = pathlib.Path(__file__).resolve().parent / "collector"
SECONDS = 60
EVERYTHING = "gctrace=1,scavtrace=1,gcpacertrace=1,schedtrace=20,inittrace=1"
LINE = re.compile(r"(?:^|(?<=[ \t]))gc (\d+) @([\d.]+)s (\d+)%( \(checking for goroutine leaks\))?: ([\d.]+)\+([\d.]+)\+([\d.]+) ms clock, "
                  r"([\d.]+)\+([\d.]+)/([\d.]+)/([\d.]+)\+([\d.]+) ms cpu, (\d+)->(\d+)->(\d+) MB, (\d+) MB goal, (\d+) MB stacks, "
                  r"(\d+) MB globals, (\d+) P( \(forced\))?$", re.M)
MIB = 1 << 20


def build(release):
    folder = cells.CACHE / release
    folder.mkdir(parents=True, exist_ok=True)
    modfile = folder / "collector.mod"
    modfile.write_text((SOURCE / "go.mod").read_text().replace("go 1.19", f"go {release}"))
    program = folder / "collector"
    variables = ["CGO_ENABLED=0"] + (["GOEXPERIMENT=goroutineleakprofile"] if release == "1.26" else [])
    cells.run([cells.ROOT / "tools/go_release", release, "--", "env", *variables, "go", "build", f"-modfile={modfile}", "-o", program, "."],
              cells.plain_environment(), SOURCE)
    return program


class Program:
    def __init__(self, release, holdfast):
        self.minor, self.path, self.holdfast = cells.minor(release), build(release), holdfast

    def says(self, way, *arguments, godebug=""):
        """Returns standard output and the end on standard error."""
        done = subprocess.run([self.path, way, *map(str, arguments)], capture_output=True, timeout=SECONDS, check=True,
                              env=os.environ | {"GODEBUG": godebug})
        return done.stdout, done.stderr

    def told(self, text, *options):
        done = subprocess.run([self.holdfast, "gc", "-", "--top", "0", "--sort=-cycle", "--json", *options], input=text,
                              capture_output=True, timeout=SECONDS)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return json.loads(done.stdout)


def as_python_has_it(text):
    """Yields rows of the table as the lines of a text have them."""
    for one in LINE.finditer(text.decode()):
        ms = lambda i: round(float(one[i]) * 1e6)
        goal = int(one[16])
        yield {"cycle": int(one[1]), "at": round(float(one[2]) * 1e9), "gc_percent": int(one[3]), "leak_search": True if one[4] else None,
               "sweep_stop": ms(5), "mark": ms(6), "mark_stop": ms(7), "paused": ms(5) + ms(7), "assist": ms(9), "background": ms(10),
               "idle": ms(11), "cpu": ms(8) + ms(9) + ms(10) + ms(11) + ms(12), "heap_at_start": int(one[13]) * MIB,
               "heap_at_end": int(one[14]) * MIB, "live": int(one[15]) * MIB, "goal": goal * MIB if goal < 1 << 40 else None,
               "stacks": int(one[17]) * MIB, "globals": int(one[18]) * MIB, "processors": int(one[19]), "forced": bool(one[20])}


def last_digit(ms):
    """Returns what one in the last digit of a number of milliseconds is, in ns."""
    return 10 ** (6 - len(ms.partition(".")[2]))


def lines(program):
    """Every line is read as it stands, whatever else is switched on, and there are as many as the runtime counts."""
    for way in ("grow", "steady", "off", "limit", "leaks"):
        for godebug in ("gctrace=1", EVERYTHING, "gctrace=2") if way == "grow" else (EVERYTHING,):
            out, text = program.says(way, godebug=godebug)
            truth, told = json.loads(out.splitlines()[-1]), program.told(text)
            source, wanted = told["sources"][0], list(as_python_has_it(text))
            found = [{name: row[name] for name in wanted[0]} for row in told["gc"]]
            if found != wanted:
                yield f"{way}, {godebug}: rows are not as the lines: {[pair for pair in zip(found, wanted) if pair[0] != pair[1]][:1]}"
            # A cycle may end between the last line and the reading, or behind that. The runtime asks whether a cycle was forced
            # once for its count and once more for the line, and the next one may have begun in between.
            if abs(source["cycles"] - truth["cycles"]) > 1 or abs(source["forced"] - truth["forced"]) > 1:
                yield f"{way}, {godebug}: {source['cycles']} cycles, {source['forced']} forced; the runtime has {truth}"
            # gctrace cuts digits off. It counts a stop from when it is asked for, MemStats from when the last thread stands, so
            # it has more where threads must wait for a processor; it never has less, but for a search for leaks, whose own stop
            # is in MemStats alone.
            searched = 100_000 * (way == "leaks")
            cut = searched + sum(last_digit(one[5]) + last_digit(one[7]) for one in LINE.finditer(text.decode()))
            if source["cycles"] == truth["cycles"] and not truth["pauses"] - cut <= source["paused"] <= truth["pauses"] * 1.5 + cut:
                yield f"{way}, {godebug}: paused for {source['paused']} ns, {cut} ns were cut off; the runtime says {truth['pauses']}"
            # Lines of schedtrace come from a thread of their own, in pieces, and may tear a line of the collector.
            others, broken = (5, 1) if godebug == EVERYTHING else (0, 0)
            if source["other_lines"] > others or source["broken_lines"] > broken or source["restarts"]:
                yield f"{way}, {godebug}: {source['other_lines']} lines are not read, {source['broken_lines']} broken"


PACED = re.compile(r"^pacer: assist ratio=\+?([^ ]+) |^pacer: (\d+)% CPU \((\d+) exp\.\) for (\d+)\+(\d+)\+(\d+) B work \((\d+) B exp\.\) "
                   r"in \d+ B -> \d+ B \(∆goal (-?\d+),|^(gc) (\d+) @|^scan: total .*=(\d+) objs, .*=(\d+) spans$", re.M)


def paced(program):
    """What lines of the pacer and of gctrace=2 say belongs to the cycle whose line they stand before, or behind."""
    out, text = program.says("grow", godebug="gctrace=2,gcpacertrace=1")
    wanted, now = {}, {}
    for ratio, used, want, heap, stacks, globals_, expected, off, gc, number, objects, spans in PACED.findall(text.decode()):
        if ratio:
            now = {"assist_ratio": float(ratio)}
        elif used:
            now |= {"used_percent": int(used), "wanted_percent": int(want), "scanned": int(heap) + int(stacks) + int(globals_),
                    "expected": int(expected), "off_goal": int(off)}
        elif gc:
            wanted[int(number)], now = now, {}
        elif wanted:
            wanted[max(wanted)] |= {"scanned_objects": int(objects), "scanned_spans": int(spans)}
    names = ("assist_ratio", "used_percent", "wanted_percent", "scanned", "expected", "off_goal", "scanned_objects", "scanned_spans")
    full = 0
    for row in program.told(text)["gc"]:
        found = {name: row[name] for name in names if row[name] is not None}
        if "assist_ratio" in found:
            found["assist_ratio"] = float(found["assist_ratio"])
        truth = wanted[row["cycle"]]
        full += len(truth) >= 6
        if found.keys() != truth.keys() or any(abs(found[name] - truth[name]) > 1e-3 * abs(truth[name]) for name in truth):
            yield f"cycle {row['cycle']}: {found}, and the lines say {truth}"
    if full < 3:
        yield f"only {full} cycles have all that the pacer says"


def trends(program):
    grow, steady, limit = (program.told(program.says(way, godebug="gctrace=1")[1])["sources"][0] for way in ("grow", "steady", "limit"))
    if not grow["grows"] or not 0.9 * MIB < grow["live_per_cycle"]["bytes"] < 6 * MIB:
        yield f"grow: {grow['grows']}, {grow['live_per_cycle']}"
    if steady["grows"]:
        yield f"steady: {steady['sentences']}"
    if not any("at a memory limit" in one for one in limit["sentences"]):
        yield f"limit: {limit['sentences']}"
    if any("at a memory limit" in one for one in grow["sentences"] + steady["sentences"]):
        yield "grow or steady: said to be at a limit"
    if program.minor >= 26:
        rows = program.told(program.says("leaks", godebug="gctrace=1")[1])["gc"]
        if [row["leak_search"] for row in rows] != [True, None]:
            yield f"leaks: {[row['leak_search'] for row in rows]}"


def statistics(program):
    """MemStats as expvar has it and as it stands behind heap profiles: the pauses of each cycle are the runtime's."""
    for way, readings in (("vars", 4), ("heap-text", 3)):
        text, _ = program.says(way)
        told = program.told(text)
        source = told["sources"][0]
        if way == "vars":
            stats = [json.loads(one)["memstats"] for one in re.findall(r"^\{$.*?^\}$", text.decode(), re.M | re.S)]
            last, pauses, first = stats[-1]["NumGC"], stats[-1]["PauseNs"], [one["HeapAlloc"] for one in stats]
        else:
            last = int(re.findall(r"^# NumGC = (\d+)", text.decode(), re.M)[-1])
            pauses = [int(n) for n in re.findall(r"^# PauseNs = \[(.*)\]", text.decode(), re.M)[-1].split()]
            first = [int(n) for n in re.findall(r"^# HeapAlloc = (\d+)", text.decode(), re.M)]
        wanted = [(n, pauses[(n + 255) % 256]) for n in range(1, last + 1)]
        if [(row["cycle"], row["paused"]) for row in told["gc"]] != wanted:
            yield f"{way}: cycles are not those of MemStats"
        if len(source["moments"]) != readings or [one["heap_alloc"] for one in source["moments"]] != first:
            yield f"{way}: {source['moments']}"
        if not all(re.match(r"20\d\d-\d\d-\d\dT", row["ended"]) for row in told["gc"]):
            yield f"{way}: cycles without a time"


def traces(program):
    """An execution trace has the cycles that gctrace has, in the same run."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "trace"
        _, text = program.says("trace", file, godebug="gctrace=1")
        wanted, whole = list(as_python_has_it(text)), file.read_bytes()
        told = program.told(whole)
        if len(told["gc"]) != len(wanted):
            yield f"{len(told['gc'])} cycles and not {len(wanted)}"
        for ours, theirs in zip(told["gc"], wanted):
            # gctrace has whole MiB; the goal may be set while a cycle begins.
            for name, most in (("heap_at_start", 1), ("heap_at_end", 1), ("live", 1), ("goal", 1)):
                if ours[name] is not None and theirs[name] is not None and abs(ours[name] // MIB - theirs[name] // MIB) > most:
                    yield f"cycle {ours['cycle']}: {name} is {ours[name]}, gctrace has {theirs[name]}"
            if ours["sweep_stop"] is None or ours["mark_stop"] is None or ours["mark"] > theirs["mark"] * 2 + 2e6:
                yield f"cycle {ours['cycle']}: {ours}, gctrace has {theirs}"
        # What a tick is may stand at the end of a trace, or of each second of it; and a cycle may go beyond the cut.
        try:
            cut = program.told(whole[:len(whole) * 3 // 4])["sources"][0]["sentences"]
            if "cut off" not in " ".join(cut):
                yield f"cut off: {cut}"
        except RuntimeError as error:
            if not any(words in str(error) for words in ("ends before it says what its times mean", "no collection both began and ended")):
                yield f"cut off: {error}"


def forms(program):
    """Charts and pictures are there; logs and other sources do no harm; what is none is refused."""
    _, text = program.says("grow", godebug="gctrace=1")
    command = [program.holdfast, "gc", "-"]
    plain = subprocess.run(command, input=text, capture_output=True, timeout=SECONDS, check=True).stdout.decode()
    if not re.search(r"^ +0 B #+", plain, re.M) or "It grows by" not in plain:
        yield f"the text has no chart, or no growth: {plain[:800]}"
    picture = subprocess.run([*command, "--as", "svg", "-o", "-"], input=text, capture_output=True, timeout=SECONDS, check=True).stdout
    if not picture.startswith(b"<svg") or picture.count(b"<polygon") != 2:
        yield "the picture is none"
    wanted = program.told(text)
    logged = "\r\n".join(f"2026-11-30T12:00:0{i % 10}Z stderr F {line}" for i, line in enumerate(text.decode().splitlines()))
    for what, given, broken in (("a log", logged, 0), ("a broken line", text.decode().replace(" MB goal", " MB GET /x\n goal", 1), 1)):
        told = program.told(given.encode())
        if len(told["gc"]) != len(wanted["gc"]) - broken or told["sources"][0]["broken_lines"] != broken:
            yield f"{what}: {len(told['gc'])} cycles, {told['sources'][0]['broken_lines']} broken"
    for what, given in (("a page", b"<html>"), ("nothing", b""), ("half an object", b'{"memstats": {'), ("other JSON", b'{"a": 1}')):
        done = subprocess.run(command, input=given, capture_output=True, timeout=SECONDS)
        if done.returncode != 1 or not done.stderr:
            yield f"{what}: exit {done.returncode}, {done.stderr}"


def marks(program):
    """Profiles and the process itself are marked where the program says it was: by their number of cycles, and by time alone."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        log = folder / "log"
        with open(log, "wb") as text, subprocess.Popen([program.path, "profiled", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                       stderr=text, env=os.environ | {"GODEBUG": "gctrace=1"}) as process:
            cycles = [json.loads(process.stdout.readline())["cycles"] for _ in range(3)]
            names = ["1.txt", "1.pb.gz", "2.txt", "2.pb.gz"]
            taken = [f"--with={folder / name}" for name in names]
            told = program.told(log.read_bytes(), *taken, f"--with={process.pid}")
            alone = program.told(log.read_bytes(), taken[1])
            begun = told["sources"][0]["started"]
            started = program.told(log.read_bytes(), taken[1], f"--start={begun}")
            text = subprocess.run([program.holdfast, "gc", log, *taken[::2]], capture_output=True, timeout=SECONDS, check=True).stdout.decode()
            process.stdin.close()
        source = told["sources"][0]
        wanted = sorted(zip([*names, str(process.pid)], [cycles[0]] * 2 + [cycles[1]] * 2 + [cycles[2]]))
        found = sorted((pathlib.Path(mark["name"]).name, mark["cycle"]) for mark in source["marks"])
        if found != wanted:
            yield f"marked are {source['marks']}, and not {wanted}"
        if sum(mark["since_mark"]["cycles"] for mark in source["marks"] if mark["since_mark"]) != 6:
            yield f"between are {[mark['since_mark'] for mark in source['marks']]}"
        rows = {row["cycle"]: row["taken"] for row in told["gc"]}
        if sorted(number for number, name in rows.items() if name) != cycles:
            yield f"the table has them at {rows}"
        # Whole seconds are not enough: the first cycles end in the first one.
        only = alone["sources"][0]["marks"][0]
        if only["placed"] or "--start" not in only["problem"]:
            yield f"a profile with a time of day only is placed: {only}"
        if not started["sources"][0]["marks"][0]["by_time"]:
            yield f"--start: {started['sources'][0]['marks']}"
        if "Between 1 and 2: 3 cycles, 3 forced" not in text or not re.search(r"^ +taken +1 +2", text, re.M):
            yield f"the text is {text}"


CHECKS = (lines, paced, trends, statistics, traces, forms, marks)


if __name__ == "__main__":
    sys.exit(run_checks(__doc__, CHECKS, Program, ["1.19", "1.24", "1.26", "1.27"]))
