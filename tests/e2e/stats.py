#!/usr/bin/env python3
"""Checks what `holdfast stats` says of running programs.

  tests/e2e/stats.py                                                one release
  tests/e2e/stats.py --releases 1.19,1.22,1.24,1.27 --modes dwarf,stripped --all

Figures are compared with the program's own: runtime.ReadMemStats is asked before and after each look. Where both answers
are the same, the look has to be the same; where the program works, it has to lie between them. That the program never
stands still is checked by /proc and by a goroutine that turns round for ever. The forms are read by others: JSON, CSV, and
the exposition for Prometheus. And the programs of tests/e2e/symptoms must show what they are for. Ends with `N passed, N
failed`.
"""
import argparse
import concurrent.futures
import csv
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import cells
import modules
import symptoms
from processes import Fixture

TRIES = 20  # until nothing moves between two answers: the scavenger and timers of the runtime may
NOT_OURS = {"last_gc_ns", "gc_cpu_fraction"}
# What only rises: in a program at work it lies between the answer before and the one after.
RISING = ("total_alloc", "sys", "mallocs", "frees", "num_gc", "num_forced_gc", "pause_total", "stack_sys", "mspan_sys", "mcache_sys")
LOOSE = {"total_alloc": 512 << 10, "mallocs": 20_000, "frees": 20_000}  # spans that were on the way between two sums
# A span of the collector that a thread is just taking is in no counter yet, or in two: it leaves the free heap first. A few
# threads can stand there. A span for its work is 32 KiB.
UNDER_WAY = 64 << 10
# Of the programs of tests/e2e/symptoms one for each symptom that counters show.
QUICK = ("mapped_file", "cache", "collector_off", "blocked_senders", "peak", "leaked_texts", "survivors")
ROW = re.compile(r'([a-z_0-9]+)\{program="([^"]*)",pid="(\d+)"\} ([0-9.e+-]+)')


class Stats:
    def __init__(self, binary, pid):
        self.binary, self.pid = binary, pid

    def run(self, *words, target=None):
        done = subprocess.run([self.binary, "stats", str(target or self.pid), *map(str, words)], capture_output=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"stats {' '.join(map(str, words))} ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode()

    def look(self, **more):
        return json.loads(self.run("--json", **more))


def unequal(look, truth):
    """Yields what a look says that the program does not."""
    counters = look["counters"]
    for name in truth.keys() - NOT_OURS:
        if counters[name] != truth[name]:
            yield f"{name} is {counters[name]}, the program says {truth[name]}"
    if counters["gc_cpu_fraction"] is None or abs(counters["gc_cpu_fraction"] - truth["gc_cpu_fraction"]) > 1e-8:
        yield f"gc_cpu_fraction is {counters['gc_cpu_fraction']}, the program says {truth['gc_cpu_fraction']}"
    seconds = truth["last_gc_ns"] // 10**9
    said = counters["last_gc"] and time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    if counters["last_gc"] != said or (counters["last_gc"] is None) != (truth["last_gc_ns"] == 0):
        yield f"last_gc is {counters['last_gc']}, the program says {truth['last_gc_ns']}"


def quiet(stats, fixture):
    """A look between two equal answers says the same, to the byte; at first, and with what lies in caches."""
    for case in ("idle", "cached"):
        for _ in range(TRIES):
            before = fixture.ask("read")
            if case == "cached":
                fixture.ask("allocate")
                look = stats.look()
                after = fixture.ask("read")
                if look["of_one_moment"] and not list(unequal(look, after)):
                    if look["counters"]["mallocs"] < before["mallocs"] + 1100:
                        yield f"{case}: 1101 objects were allocated, and mallocs rose by {look['counters']['mallocs'] - before['mallocs']}"
                    break
            else:
                look, after = stats.look(), fixture.ask("read")
                if before == after:
                    yield from (f"{case}: {text}" for text in unequal(look, after))
                    break
            time.sleep(0.05)
        else:
            yield f"{case}: never the same in {TRIES} tries; the last: {'; '.join(unequal(look, after))}"


def metrics(stats, fixture):
    theirs, ours = fixture.ask("metrics"), stats.look()["counters"]
    for name, counter in (("/gc/heap/live:bytes", "live"), ("/cpu/classes/gc/total:cpu-seconds", "gc_cpu"),
                          ("/gc/gogc:percent", "gogc"), ("/gc/gomemlimit:bytes", "memory_limit"),
                          ("/gc/limiter/last-enabled:gc-cycle", "limiter_cycle")):
        if name in theirs and ours[counter] is not None and abs(ours[counter] - theirs[name]) > 1000 * (counter == "gc_cpu"):
            yield f"{counter} is {ours[counter]}, {name} is {theirs[name]}"
    if ours["gogc"] != 150 or ours["memory_limit"] != 3 << 30:
        yield f"gogc is {ours['gogc']} and memory_limit {ours['memory_limit']}"


def of_system(stats, _):
    """The process's own numbers, against /proc."""
    counters = stats.look()["counters"]
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{stats.pid}/status").read_text().splitlines())
    for name, field, unit in (("peak_rss", "VmHWM", 1024), ("address_space", "VmSize", 1024), ("threads", "Threads", 1),
                              ("rss_anonymous", "RssAnon", 1024), ("swap", "VmSwap", 1024)):
        theirs = int(status[field].split()[0]) * unit
        if abs(counters[name] - theirs) > (1 << 20) * (unit > 1):
            yield f"{name} is {counters[name]}, /proc says {theirs}"
    files = len(list(pathlib.Path(f"/proc/{stats.pid}/fd").iterdir()))
    if counters["open_files"] != files:
        yield f"open_files is {counters['open_files']}, /proc says {files}"


def busy(stats, fixture):
    """Of a program that allocates all the time, what only rises lies between its answers."""
    fixture.ask("churn")
    time.sleep(0.3)
    for _ in range(10):
        before, look, after = fixture.ask("read"), stats.look()["counters"], fixture.ask("read")
        for name in RISING:
            collects = name == "sys" and look["gc_sys"] != before["gc_sys"]
            loose = UNDER_WAY if collects else LOOSE.get(name, 0)
            if not before[name] - loose <= look[name] <= after[name] + loose:
                yield f"{name} is {look[name]}, and the program says {before[name]} before and {after[name]} after"
        if look["heap_alloc"] > look["heap_inuse"] + (1 << 20):
            yield f"heap_alloc {look['heap_alloc']} of heap_inuse {look['heap_inuse']}"


def never_held(stats, fixture):
    """No thread is ever traced or stopped, while it is looked at as often as can be."""
    watching = subprocess.Popen([stats.binary, "stats", str(stats.pid), "--every", "100ms", "--looks", "10", "--format", "csv"], stdout=subprocess.DEVNULL)
    while watching.poll() is None:
        if alarms := fixture.alarms():
            watching.wait()
            yield f"{alarms[0]} while the counters were read"
            return
    if watching.returncode:
        yield f"the looks ended with {watching.returncode}"


def forms(stats, _):
    rows = list(csv.DictReader(io.StringIO(stats.run("--format", "csv", "--every", "100ms", "--looks", 3))))
    if len(rows) != 3 or not int(rows[0]["at_ns"]) < int(rows[1]["at_ns"]) < int(rows[2]["at_ns"]):
        yield f"CSV has {len(rows)} rows"
    lines = [json.loads(line) for line in stats.run("--every", "100ms", "--looks", 3, "--json").splitlines()]
    if [line["trend"]["looks"] for line in lines] != [1, 2, 3]:
        yield "JSON is not an object a look"
    page = stats.run("--format", "prometheus")
    families = set(re.findall(r"^# TYPE (\w+) (?:gauge|counter)$", page, re.M))
    samples = [ROW.fullmatch(line) for line in page.splitlines() if not line.startswith("#")]
    if not all(samples) or {sample[1] for sample in samples} != families or len(samples) != len(families):
        yield "the exposition is not a sample for each TYPE"
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "go.prom"
        stats.run("--format", "prometheus", "--every", "100ms", "--looks", 2, "-o", file)
        if set(re.findall(r"^# TYPE (\w+)", file.read_text(), re.M)) != families:
            yield "the file for a collector of text files has other metrics"
        hold = pathlib.Path(folder) / "now.hold"
        subprocess.run([stats.binary, "capture", str(stats.pid), "-o", hold], check=True, capture_output=True, timeout=120)
        of_file = stats.look(target=hold)["counters"]
        if not of_file["heap_alloc"] or of_file["gogc"] != 150 or of_file["open_files"] is not None:
            yield f"of a .hold file it says {of_file}"
    if "heap_alloc" not in stats.run() or "what lives" not in stats.run("--explain"):
        yield "the text lacks heap_alloc or its explanation"


def refused(stats, _):
    for words, text in ((["--counters", "rsss"], "there is no counter"), (["--looks", "3"], "--every"), (["--every", "1ms"], "at least"),
                        (["--dry-run"], "stops nothing"), (["-o", "x"], "prometheus")):
        done = subprocess.run([stats.binary, "stats", str(stats.pid), *words], capture_output=True, text=True, timeout=60)
        if done.returncode != 2 or text not in done.stderr:
            yield f"{' '.join(words)}: exit {done.returncode}, {done.stderr.strip()!r}"


def symptom(binary, program, release):
    """Looks at one of the programs of tests/e2e/symptoms for some seconds: it shows what it is for, and nothing else."""
    with symptoms.start(program, release) as fixture:
        text = Stats(binary, fixture.pid).run("--every", "500ms", "--looks", 10, "--json")
    trend = json.loads(text.splitlines()[-1])["trend"]
    found, meant = {one["symptom"] for one in trend["symptoms"]}, {program.symptom, *program.also}
    if not found & meant or found - meant:
        yield f"shows {sorted(found)}; {'; '.join(one['because'] for one in trend['symptoms'])} {trend['remark']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast")
    parser.add_argument("--releases", type=lambda text: text.split(","), default=["1.26"])
    parser.add_argument("--modes", type=lambda text: text.split(","), default=["stripped"])
    parser.add_argument("--all", action="store_true", help="all programs of tests/e2e/symptoms")
    arguments = parser.parse_args()
    binary, passed, failed = arguments.holdfast.resolve(), 0, 0

    def count(what, wrong):
        nonlocal passed, failed
        wrong = list(wrong)
        passed, failed = passed + (not wrong), failed + bool(wrong)
        for text in wrong:
            print(f"  FAIL {what}: {text}", flush=True)

    for release in arguments.releases:
        for mode in arguments.modes:
            program = modules.build(symptoms.FOLDER, release, mode, "./counters") / "counters"
            with Fixture(program) as fixture:
                stats = Stats(binary, fixture.pid)
                for check in (quiet, metrics, of_system, forms, busy, never_held, refused):
                    count(f"{release} {mode} {check.__name__}", check(stats, fixture))
        chosen = [p for p in symptoms.PROGRAMS if arguments.all or p.name in QUICK]
        for with_c in {p.with_c for p in chosen}:
            symptoms.build(with_c, release)
        with concurrent.futures.ThreadPoolExecutor(len(QUICK)) as pool:
            for one, wrong in zip(chosen, pool.map(lambda p: list(symptom(binary, p, release)), chosen)):
                count(f"{release} {one}", wrong)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
