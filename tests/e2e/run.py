#!/usr/bin/env python3
"""Runs holdfast on fixtures of every Go release and way to build, live and as core and capture, and checks its answers.

  tests/e2e/run.py                                       the slice that every test run has
  tests/e2e/run.py --all                                 the whole matrix
  tests/e2e/run.py --releases 1.26 --programs zoo,list --modes dwarf --targets live,core,hold
  tests/e2e/run.py --list                                what would run

Targets: live (the process), core (as gcore writes it), hold (a capture of the process), kcore (the core that the kernel writes as the
program crashes). The checks are in checks.py, the programs in programs/. Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import argparse
import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import cells
import checks
from processes import Broken, Fixture, Holdfast

TARGETS = ("live", "core", "hold", "kcore")
MATRIX_TARGETS = ("live", "core", "hold")
NOT_STILL = {"busy", "churn", "grower", "grows", "map_churn", "spiral"}  # tools/harm and busy_looks.py look at them in their own way
BARE = ("--no-dwarf", "--no-symbols")
ESSENTIAL_RELEASE = "1.26"
ESSENTIAL_OTHERS = ("1.19", "1.22", "1.24", "1.27")

print_lock = threading.Lock()


def say(text):
    with print_lock:
        print(text, flush=True)


def essential():
    """Returns [(cell, targets)]: every program on one release, and the richest program where Go's heap changed most."""
    chosen = [(cells.Cell(ESSENTIAL_RELEASE, p, m), ("live",)) for p in cells.NAMES for m in ("dwarf", "stripped")]
    chosen += [(cells.Cell(ESSENTIAL_RELEASE, "zoo", m), ("core", "hold")) for m in ("dwarf", "stripped")]
    chosen += [(cells.Cell(r, "zoo", "stripped"), ("live",)) for r in ESSENTIAL_OTHERS]
    return chosen


def choose(arguments):
    if not (arguments.all or arguments.releases or arguments.programs or arguments.modes or arguments.targets):
        chosen = essential()
    else:
        full = list(cells.MODES) if arguments.all or arguments.modes == ["all"] else ["dwarf", "stripped"]
        modes = arguments.modes if arguments.modes and arguments.modes != ["all"] else full
        targets = tuple(arguments.targets or MATRIX_TARGETS)
        chosen = [(cells.Cell(r, p, m), targets) for r in arguments.releases or cells.toolchains()
                  for p in arguments.programs or cells.NAMES for m in modes]
    return [(cell, targets) for cell, targets in chosen if cell.exists() and cell.program not in NOT_STILL]


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, good, bad):
        with print_lock:
            self.passed += good
            self.failed += bad


def run_checks(tally, cell, case, seconds):
    """Runs every check that applies to the case; a check that cannot be made has failed."""
    good, bad, failures = 0, 0, {}  # failures: text -> names of checks
    for function in checks.applicable(case):
        try:
            found = list(function(case))
        except Broken as error:
            found = [str(error)]
        except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            line = traceback.extract_tb(error.__traceback__)[-1]
            found = [f"the answer has not the shape that the check reads: {error!r} in `{line.line}`"]
        good += not found
        bad += bool(found)
        for text in found[:5]:
            failures.setdefault(text, []).append(function.__name__)
    tally.add(good, bad)
    say(f"{cell} {case.kind}: {good} checks passed, {bad} failed, {seconds():.1f} s in holdfast")
    for text, names in failures.items():
        say(f"  FAIL {cell} {case.kind}: {', '.join(names)}: {text}")


def run_cell(tally, binary, program, cell, targets):
    with tempfile.TemporaryDirectory(prefix="holdfast-e2e-") as folder:
        folder = pathlib.Path(folder)
        (folder / "crash").mkdir()
        if set(targets) - {"kcore"}:
            run_still(tally, binary, program, cell, targets, folder)
        if "kcore" in targets:
            run_crash(tally, binary, program, cell, folder / "crash")


def run_still(tally, binary, program, cell, targets, folder):
    with Fixture(program) as fixture:
        live = Holdfast(binary, fixture.pid)
        bare = Holdfast(binary, fixture.pid, BARE)
        pictures, foreseen = {}, {}
        if "live" in targets:
            pictures["live"] = live
            foreseen = json.loads(live.run([fixture.pid, "--dry-run", "--json"]))
            ask(live, checks.VERBS)
            if checks.stated_labels(fixture.truth):
                ask(live, [checks.LABELS, checks.EACH_GOROUTINE])
            ask(live, checks.stated_questions(fixture.truth))
            if cells.MODES[cell.mode].dwarf:
                ask(bare, ["report"])
        if "hold" in targets:
            live.run(["capture", fixture.pid, "-o", folder / "fixture.hold"])
            pictures["hold"] = Holdfast(binary, folder / "fixture.hold")
        if "core" in targets:
            core = fixture.sparse_core(folder / "core")
            pictures["core"] = Holdfast(binary, core)
        alarms = fixture.alarms()
        again = labels_of_another_run(binary, program) if "live" in targets and not cells.MODES[cell.mode].dwarf else None
        later = fixture.ask("stats")
        stacks = fixture.ask("stacks")["stacks"]
    tally.add(not alarms, bool(alarms))
    for alarm in alarms:
        say(f"  FAIL {cell}: the_target_is_unharmed: {alarm}")

    for kind, holdfast in pictures.items():
        others = {"another run": again.answer} if again else {}
        if kind == "live" and cells.MODES[cell.mode].dwarf:
            others["bare reading"] = bare.answer
        if kind != "live" and "live" in pictures:
            others["live"] = live.answer
        if kind == "core":
            others["itself again"] = Holdfast(binary, core).answer
            others["one thread"] = Holdfast(binary, core, ["--threads", "1"]).answer
            if cells.MODES[cell.mode].dwarf and cell.program not in cells.NEED_C:
                others["without symbols"] = Holdfast(binary, core, ["--no-symbols"]).answer
                copy = folder / program.name
                subprocess.run(["strip", "-o", copy, program], check=True)
                others["stripped copy"] = Holdfast(binary, core, ["--exe", copy]).answer
                for source, path in symbol_sources(program, folder).items():
                    others[source] = Holdfast(binary, core, ["--exe", copy, "--symbols", path]).answer
        run_checks(tally, cell, checks.Case(cells.MODES[cell.mode], cell.release, cell.program, kind, fixture.truth, later,
                                            stacks, holdfast.answer, others, foreseen), lambda: holdfast.seconds)


def labels_of_another_run(binary, program):
    """Returns the roots of a second process of the program, read with another number of threads."""
    with Fixture(program) as fixture:
        other = Holdfast(binary, fixture.pid, ["--threads", "1"])
        ask(other, ["roots"])
    return other


def symbol_sources(program, folder):
    """Returns {name of the source: path} of what can replace the symbols of a stripped copy of the program."""
    debug, store = folder / "program.debug", folder / "symbols"
    subprocess.run(["objcopy", "--only-keep-debug", program, debug], check=True)
    notes = subprocess.run(["readelf", "-n", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    build_id = re.search(r"Build ID: (\w\w)(\w+)", notes)
    by_id = store / ".build-id" / build_id[1] / f"{build_id[2]}.debug" if build_id else store / "any name"
    by_id.parent.mkdir(parents=True)
    shutil.copy(debug, by_id)
    return {"the twin": program, "a file of debug information": debug, "a folder by build id": store}


def run_crash(tally, binary, program, cell, folder):
    with Fixture(program, folder=folder, crash=True) as fixture:
        later = fixture.ask("stats")
        core = fixture.kernel_core()
    holdfast = Holdfast(binary, core)
    run_checks(tally, cell, checks.Case(cells.MODES[cell.mode], cell.release, cell.program, "kcore", fixture.truth, later, "",
                                        holdfast.answer), lambda: holdfast.seconds)


def ask(holdfast, verbs):
    """Asks now what the checks will read. What fails here is remembered, and fails again in the check that needs it."""
    for verb in verbs:
        try:
            holdfast.answer(verb)
        except Broken:
            pass


def build_and_run(tally, binary, cell, targets):
    try:
        started = time.monotonic()
        program = cells.build(cell)
        built = time.monotonic() - started
        if built > 1:
            say(f"{cell}: built in {built:.0f} s")
        run_cell(tally, binary, program, cell, targets)
    except (Broken, cells.BuildFailed, subprocess.CalledProcessError, OSError, ValueError) as error:
        tally.add(0, 1)
        say(f"  FAIL {cell}: {error}")


def words(text):
    return [w for w in text.split(",") if w]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every cell there is")
    parser.add_argument("--releases", type=words, help="Go releases, as 1.19,1.26 [all]")
    parser.add_argument("--programs", type=words, help=f"of {', '.join(cells.NAMES)} [all]")
    parser.add_argument("--modes", type=words, help=f"of {', '.join(cells.MODES)}, or all [dwarf,stripped]")
    parser.add_argument("--targets", type=words, help=f"of {', '.join(TARGETS)} [live,core,hold]")
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast", help="the program")
    parser.add_argument("--jobs", type=int, default=1, help="cells at once [1]")
    parser.add_argument("--list", action="store_true", help="print the cells and stop")
    arguments = parser.parse_args()
    for name, known in (("releases", cells.toolchains()), ("programs", cells.NAMES), ("modes", [*cells.MODES, "all"]),
                        ("targets", TARGETS)):
        for word in getattr(arguments, name) or ():
            if word not in known:
                parser.error(f"--{name}: {word!r} is none of {', '.join(known)}")
    return arguments


def main():
    arguments = parse()
    chosen = choose(arguments)
    if arguments.list:
        for cell, targets in chosen:
            print(cell, ",".join(targets))
        return 0
    if not chosen:
        print("no cell fits: see --list", file=sys.stderr)
        return 2
    if not arguments.holdfast.exists():
        print(f"{arguments.holdfast} is not built", file=sys.stderr)
        return 1
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for _ in pool.map(lambda one: build_and_run(tally, arguments.holdfast.resolve(), *one), chosen):
            pass
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
