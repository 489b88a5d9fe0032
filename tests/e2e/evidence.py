#!/usr/bin/env python3
"""Checks `holdfast verdict`: symptoms of programs that were made to have them, and lines of code whose numbers are known.

  tests/e2e/evidence.py HOLDFAST
  tests/e2e/evidence.py HOLDFAST --releases 1.19,1.22,1.27 --modes dwarf,stripped

Lines: a program says how many objects each of its functions allocated, keeps and has let go. With every object recorded, the
verdict has these numbers and no others; with a sampled profile they lie within its bounds. What its own heap profile says is in
use is what the verdict says of it. Joins: a program is built in several ways, and its lines are found by the profile of each other
one: with paths trimmed, in another folder, with lines above them, from a vendored library, generic, inlined, generated, beside C. Symptoms: three programs for each (tests/e2e/symptoms.py), looked at twice: the symptom is
found, and it or what comes with it is first; of a program that only waits none is found. Ends with `N passed, N failed`.
"""
import argparse
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import cells
import symptoms
from processes import Fixture

JOINS = pathlib.Path(__file__).resolve().parent / "joins"
KEPT = {"keepGeneric": 302, "keepInlined": 301, "make300": 301, "keepBesideC": 401, "keepGenerated": 501, "Store": 601}
BATCH = 8  # programs at once: each grows by 20 MiB a second
GROW_SECONDS = 3
LOOKS = 5
HELPED = 1024
# What a program that was only started has: nothing of these.
QUIET = "lines"


class Checks:
    def __init__(self, holdfast):
        self.holdfast, self.passed, self.failed = str(pathlib.Path(holdfast).resolve()), 0, 0

    def note(self, what, complaints):
        complaints = list(complaints)
        self.passed += not complaints
        self.failed += bool(complaints)
        for complaint in complaints:
            print(f"FAIL {what}: {complaint}", flush=True)

    def verdict(self, target, *more):
        done = subprocess.run([self.holdfast, "verdict", str(target), "--top", "0", "--json", *map(str, more)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"verdict {target}: {done.stderr}")
        return json.loads(done.stdout)

    def capture(self, pid, file):
        subprocess.run([self.holdfast, "capture", str(pid), "-o", file, "--force"], capture_output=True, check=True)


def largest_lines(verdict):
    """Returns {function: row}: of each function the line that allocated most. Another one of it notes what it did."""
    lines = {}
    for row in verdict["lines"]:
        if row["function"] and row["allocated"] > lines.get(row["function"], {"allocated": -1})["allocated"]:
            lines[row["function"]] = row
    return lines


def exact(verdict, truth, has_names):
    """Every object was recorded since main began."""
    lines = largest_lines(verdict)
    for function, said in truth["lines"].items():
        row = lines.get(function)
        if row is None:
            yield f"there is no line of {function}"
            continue
        size = 4096 if function == "main.write" else truth["size"]
        for field, count in (("allocated", said["Allocated"]), ("alive", said["Alive"]), ("dead", said["Dead"])):
            # A line that allocates may have to help the collector, which allocates a little for itself.
            if not count * size <= row[field] <= count * size + (HELPED if count else 0):
                yield f"{function}: {field} {row[field]}, the program says {count} of {size} B"
        if not row["least"] == row["alive"] == row["most"]:
            yield f"{function}: {row['least']} to {row['most']} where every object is known"
    agreement = {"main.keep": "agree", "main.share": "agree", "main.drop": "agree", "main.write": "agree", "main.die": "dead", "main.arrive": "newer"}
    for function, word in agreement.items():
        if function in lines and lines[function]["agreement"] != word:
            yield f"{function}: {lines[function]['agreement']}, not {word}"
    if not lines["main.write"]["through"].startswith("bytes."):
        yield f"main.write allocates through {lines['main.write']['through']}"
    if has_names and lines["main.keep"]["held_by"] != "main.held" or lines["main.keep"]["of_alive"] != "100 %":
        yield f"main.keep is held by {lines['main.keep']['held_by']} ({lines['main.keep']['of_alive']})"
    if lines["main.share"]["of_alive"] != "50 %":
        yield f"half of main.share is each variable's, not {lines['main.share']['of_alive']}"


def sampled(verdict, truth):
    """Each interval has the truth 19 times of 20: of six lines at most one may miss it."""
    lines = largest_lines(verdict)
    missed = []
    for function, said in truth["lines"].items():
        size = 4096 if function == "main.write" else truth["size"]
        row = lines.get(function)
        if row is not None and said["Alive"] and not row["least"] <= said["Alive"] * size <= row["most"]:
            missed.append(f"{function}: {row['least']} to {row['most']}, the program keeps {said['Alive'] * size}")
    if len(missed) > 1:
        yield from missed


def own_profile(verdict):
    """The program wrote its profile after its last collection: what is in use by it is what the runtime's records say."""
    compared = 0
    for row in verdict["lines"]:
        # What wrote the profile was not there when it was written.
        if row["elsewhere"] is None or not (row["function"] or "").startswith("main.") or row["function"] == "main.main":
            continue
        compared += 1
        if abs(row["elsewhere"] - row["in_use"]) > row["in_use"] // 100:
            yield f"{row['place']}: {row['elsewhere']} in use by the program's profile, {row['in_use']} by ours"
    if compared < 5:
        yield f"only {compared} lines are in both"


def lines_of(checks, release, mode, folder):
    program = cells.build(cells.Cell(release, QUIET, mode))
    for rate in (1, 4096):
        what = f"lines {release} {mode} rate {rate}"
        with Fixture(program, [str(rate), f"{folder}/heap.pb.gz"]) as fixture:
            checks.capture(fixture.pid, f"{folder}/lines.hold")
            for target in (fixture.pid, f"{folder}/lines.hold"):
                verdict = checks.verdict(target, "--profile", f"{folder}/heap.pb.gz")
                checks.note(f"{what} of {target}", exact(verdict, fixture.truth, mode == "dwarf") if rate == 1 else sampled(verdict, fixture.truth))
                checks.note(f"{what} own profile of {target}", own_profile(verdict))
            verdict = checks.verdict(fixture.pid, "--since", f"{folder}/lines.hold")
            grows = [row["symptom"] for row in verdict["symptoms"] if row["present"] == "grows"]
            checks.note(f"{what}: a program that waits", [f"it has {grows}"] if grows else [])


def build_of(release, source, program, *flags):
    go = [cells.ROOT / "tools/go_release", release, "--", "env", "CGO_ENABLED=1", "go", "build"]
    cells.run([*map(str, go), "-mod=vendor", *flags, "-o", str(program), "."], cells.plain_environment(), source)
    return program


def moved_copy(folder):
    """The same program in another folder, with lines above all others."""
    copy = pathlib.Path(folder) / "elsewhere"
    shutil.copytree(JOINS, copy)
    for file in copy.rglob("*.go"):
        if file.name != "generated.go":  # whose lines are not those of the file
            head, package, rest = file.read_text().partition("\npackage ")
            file.write_text(f"{head}{package}{rest.partition(chr(10))[0]}\n\n// One\n// two\n// three.\n{rest.partition(chr(10))[2]}")
    return copy


def wrong_joins(verdict):
    """Each function has its objects by both builds, and no line is of one of them alone."""
    found = set()
    for row in verdict["lines"]:
        name = (row["function"] or "").rpartition(".")[2] if "[" not in (row["function"] or "") else "keepGeneric"
        if name not in KEPT or row["samples"] < 100:
            continue
        found.add(name)
        if row["elsewhere"] is None:
            yield f"{row['place']}: the other build's profile has no such line"
        elif not 0.97 < row["elsewhere"] / row["alive"] < 1.03:
            yield f"{row['place']}: {row['alive']} alive, {row['elsewhere']} by the profile of the other build"
    for name in set(KEPT) - {"keepInlined", "make300"} - found:
        yield f"there is no line of {name}"
    if not found & {"keepInlined", "make300"}:
        yield "there is no line of keepInlined"
    for row in verdict["lines"]:
        if not row["samples"] and row["elsewhere"] and row["elsewhere"] > 20_000 and (row["function"] or "").rpartition(".")[2] in KEPT:
            yield f"{row['place']}: only the other build's profile has it"


def joins_of(checks, release, folder):
    builds = {"plain": build_of(release, JOINS, f"{folder}/joins-plain"),
              "trimmed": build_of(release, JOINS, f"{folder}/joins-trimmed", "-trimpath", "-ldflags=-s -w"),
              "moved": build_of(release, moved_copy(folder), f"{folder}/joins-moved")}
    for name, program in builds.items():
        with Fixture(program, [f"{folder}/{name}.pb.gz"]):
            pass
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(Fixture(program, [f"{folder}/own.pb.gz"])) for name, program in builds.items()}
        for name, fixture in running.items():
            for other in builds:
                checks.note(f"joins {release} {name} with the profile of {other}",
                            wrong_joins(checks.verdict(fixture.pid, "--profile", f"{folder}/{other}.pb.gz")))
    shutil.rmtree(f"{folder}/elsewhere")


def decisions_of(checks, release, folder):
    """The compiler's words of a build are found at the lines of the program, in both forms that it writes."""
    flags = {"text": "-m=2", "json": f"-json=0,{folder}/decisions"}
    go = [cells.ROOT / "tools/go_release", release, "--", "go", "build"]
    said = {}
    for form, flag in flags.items():
        build = subprocess.run([*map(str, go), f"-gcflags=./...={flag}", "-o", f"{folder}/churner", "./plain"], cwd=symptoms.FOLDER,
                               env=cells.plain_environment(), capture_output=True, text=True, check=True)
        said[form] = build.stderr
    pathlib.Path(f"{folder}/said").write_text(said["text"])
    with Fixture(f"{folder}/churner", ["rarely_collected"]) as fixture:
        time.sleep(1)
        checks.capture(fixture.pid, f"{folder}/churner.hold")
        time.sleep(2)
        for form, source in (("text", f"{folder}/said"), ("json", f"{folder}/decisions")):
            verdict = checks.verdict(fixture.pid, "--escape", source, "--since", f"{folder}/churner.hold")
            row = max((row for row in verdict["lines"] if (row["function"] or "").endswith("run.Buffer")), key=lambda row: row["allocated"])
            wanted = "escapes: make([]byte, bytes)"
            checks.note(f"decisions {release} {form}", [] if (row["compiler"] or "").startswith(wanted) and "confirmed" in row["compiler"]
                        else [f"{row['place']}: {row['compiler']}, not {wanted}, confirmed"])


def texts_of(checks, release, folder):
    """What the program prints of its collector tells growth without an earlier look, and a dump how many goroutines there were."""
    programs = {program.name: program for program in symptoms.PROGRAMS}
    with symptoms.start(programs["blocked_senders"], release) as fixture:
        time.sleep(1)
        fixture.ask(f"goroutines {folder}/goroutines.txt")
        verdict = checks.verdict(fixture.pid, "--dump", f"{folder}/goroutines.txt")
        there = pathlib.Path(f"{folder}/goroutines.txt").read_text().count("\ngoroutine ") + 1
        evidence = " ".join(row_of(verdict, "goroutines-grow")["evidence"])
        checks.note(f"dump {release}", [] if f"has {there:,} goroutines" in evidence and "in chan send at main.growSenders" in evidence else [evidence])
        program = fixture.program
    with open(f"{folder}/gctrace.txt", "w") as trace:
        process = subprocess.Popen([program, "cache"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=trace, env={"GODEBUG": "gctrace=1"})
        try:
            for _ in range(100):
                time.sleep(0.2)
                if pathlib.Path(f"{folder}/gctrace.txt").read_text().count("gc ") >= 7:
                    break
            row = row_of(checks.verdict(process.pid, "--gctrace", f"{folder}/gctrace.txt"), "live-grows")
            checks.note(f"gctrace {release}", [] if row["present"] == "grows" and row["grown"] > 0 else [f"live-grows is {row['present']}: {row['evidence']}"])
        finally:
            process.kill()
            process.wait()


def watched(checks, release):
    """Counters that are looked at for a while tell growth in one run, without an earlier look."""
    for program in symptoms.PROGRAMS:
        if program.name in ("cache", "blocked_senders", "mapped_memory", "leaked_texts"):
            with symptoms.start(program, release) as fixture:
                verdict = checks.verdict(fixture.pid, "--watch", "4s")
                present = row_of(verdict, program.symptom)["present"]
                checks.note(f"watched {program} {release}", list(wrong_symptoms(verdict, program)) or ([] if present == "grows" else [f"it is {present}"]))


def row_of(verdict, symptom):
    return next(row for row in verdict["symptoms"] if row["symptom"] == symptom)


def wrong_symptoms(verdict, program):
    there = [row["symptom"] for row in verdict["symptoms"] if row["present"] in ("grows", "yes")]
    wanted, also = program.symptom, set(program.also)
    if wanted not in there:
        yield f"{wanted} is not among {there}"
    elif there[0] not in {wanted} | also:
        yield f"{there[0]} comes before {wanted}"
    for row in verdict["symptoms"]:
        if row["symptom"] in there and not (row["cause"] and row["evidence"] and row["next"] and row["open"]):
            yield f"{row['symptom']} is there without a reason, or what to do next"


def looked_at(checks, pid, program, earlier):
    """Right after a collection there is no garbage: what depends on that moment may take another look."""
    for _ in range(LOOKS):
        complaints = list(wrong_symptoms(checks.verdict(pid, "--since", earlier), program))
        if not complaints:
            break
        time.sleep(0.6)
    return complaints


def symptoms_of(checks, release, mode, folder):
    programs = [program for program in symptoms.PROGRAMS if release not in program.not_in]
    for begin in range(0, len(programs), BATCH):
        batch = programs[begin:begin + BATCH]
        with contextlib.ExitStack() as stack:
            running = [(program, stack.enter_context(symptoms.start(program, release, mode))) for program in batch]
            time.sleep(1)
            for program, fixture in running:
                checks.capture(fixture.pid, f"{folder}/{program.name}.hold")
            time.sleep(GROW_SECONDS)
            for program, fixture in running:
                checks.note(f"{program} {release} {mode}", looked_at(checks, fixture.pid, program, f"{folder}/{program.name}.hold"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast")
    parser.add_argument("--releases", default="1.27")
    parser.add_argument("--modes", default="stripped")
    options = parser.parse_args()
    checks = Checks(options.holdfast)
    with tempfile.TemporaryDirectory(prefix="holdfast-evidence-") as folder:
        for release in options.releases.split(","):
            joins_of(checks, release, folder)
            decisions_of(checks, release, folder)
            texts_of(checks, release, folder)
            watched(checks, release)
            for mode in options.modes.split(","):
                lines_of(checks, release, mode, folder)
                symptoms_of(checks, release, mode, folder)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
