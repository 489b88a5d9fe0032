#!/usr/bin/env python3
"""Compares the types found without debug information with those found with it, on real programs under load.

  tests/e2e/real_types.py                  all of them
  tests/e2e/real_types.py --only etcd      those whose name contains the word
  tests/e2e/real_types.py --table          and puts what was seen into docs/type-coverage.md; of programs that were left
                                           out, what was seen last
  tests/e2e/real_types.py --list

The programs (go_programs.py) are built from Go modules, once, into build/real/, with their debug information; besides, the
service heap of bench/ in each way to build. Each is looked at in a core made while it is idle after its load, so that all
answers are about one heap. Its twins, one stripped by `strip` and one linked with -s -w, run under the same load and must
have the same share of their bytes typed. Everything is on the loopback interface. What was seen, with all differences, is
kept in build/real/types. Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import resource
import sys
import tempfile

import cells
import go_programs
from processes import Fixture, Holdfast, core_of
from serving import REAL, command, look_at_all, put_table, serving

PAGE = cells.ROOT / "docs/type-coverage.md"
REPORTS = REAL / "types"
BARE = ("--no-dwarf", "--no-symbols")
MIB = 1 << 20
WRONG_AT_MOST = 0.001          # of the live bytes
EXACT = ("header", "interface", "closure")  # evidence that is never wrong
TWIN_MAY_DIFFER = 0.01         # of the live bytes
FIRST_WITH_HEADERS = 22        # minor release; without headers in the heap less is known
OF_DWARF_BYTES = (0.97, 0.99)  # before, from then on
OF_ALL_BYTES = (0.95, 0.98)
OF_DWARF_OBJECTS = 0.97
LARGE_VARIABLES = 0.95         # of those that hold over a thousandth of the live bytes
FRAME_SLOTS = 0.9              # of the pointers of frames
DWARF_OF_ALL_BYTES = 0.99
LABELLED_FROM = 0.001          # of the live bytes
PLACE = r"(data|bss)\+0x[0-9a-f]+( of .*)?"
SERVICE_OBJECTS = 400000
SERVICE_RELEASE = "1.26"
SERVICE_MODES = ("dwarf", "race", "unoptimised", "pie", "external")
WORST = 5                      # differences in the page, of each program

HEAD = ["| program | kind | Go | live MiB | objects | with | without | of with | objects of with | other name | nesting | wrong |"
        " variables | frames | stripped | -s -w | CPU s |", "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
KINDS_HEAD = ["| program | how the type is known without debug information, of the typed bytes |", "|---|---|"]
MISSING_HEAD = ["| program | what differs | MiB | objects | with | without |", "|---|---|---|---|---|---|"]


@dataclasses.dataclass
class Subject:
    """A program to look at: how it is built and run, in three ways."""
    name: str
    kind: str
    release: str
    program: object  # () -> its path
    bare: object     # () -> the path of the one linked with -s -w
    run: object      # path -> context with its pid


def of_program(program):
    return Subject(str(program), program.kind, program.release, lambda: go_programs.build(program),
                   lambda: go_programs.build(program, "-s -w"), lambda path: serving(program.server(), path))


@contextlib.contextmanager
def service(path):
    with Fixture(path, ["-objects", str(SERVICE_OBJECTS)]) as fixture:
        yield fixture.pid


def of_service(mode, release=SERVICE_RELEASE):
    def build(more=""):
        way = cells.MODES[mode]
        folder = REAL / f"service_heap-{mode}{'-bare' if more else ''}-go{release}"
        env = cells.plain_environment() | dict(way.env) | {"GOTOOLCHAIN": f"go{cells.toolchains()[release]}"}

        def make(draft):
            command("go", "build", *way.flags, f"-ldflags={way.ldflags} {more}", "-o", draft / "service_heap", ".",
                    cwd=cells.ROOT / "bench/service_heap", env=env)
        return go_programs.once(folder, make) / "service_heap"
    return Subject(f"service_heap {mode}", "a way to build", release, build, lambda: build("-s -w"), service)


def share(part, whole):
    return part / max(1, whole)


def children_seconds():
    """Returns the processor time of ended children, since wall time depends on what else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Comparison:
    """Returns the sums of `type-comparison`."""

    def __init__(self, answer):
        self.sums, self.differences = answer["agreement"], answer["differences"]
        self.known_by = answer["known_by"]["without"]
        self.wrong_by = answer["known_by"]["wrong"]
        self.variables, self.slots = answer["large_variables"], answer["frame_slots"]

    def total(self, unit, *kinds):
        return sum(row[unit] for name, row in self.sums.items() if name in kinds or not kinds)

    def all(self, unit="bytes"):
        return self.total(unit)

    def typed_with(self, unit="bytes"):
        return self.total(unit, "same", "other name", "nesting", "wrong", "only with")

    def agreed(self, unit="bytes"):
        return self.total(unit, "same", "other name", "nesting")

    def typed_without(self, unit="bytes"):
        return self.agreed(unit) + self.total(unit, "wrong", "only without")


def findings(seen, release):
    """Returns the promises that the comparison breaks."""
    newer = cells.minor(release) >= FIRST_WITH_HEADERS
    limits = (("typed with debug information, of all live bytes", share(seen.typed_with(), seen.all()), DWARF_OF_ALL_BYTES),
              ("typed without it, of all live bytes", share(seen.typed_without(), seen.all()), OF_ALL_BYTES[newer]),
              ("typed alike without it, of the bytes typed with it", share(seen.agreed(), seen.typed_with()), OF_DWARF_BYTES[newer]),
              ("the same, of the objects", share(seen.agreed("objects"), seen.typed_with("objects")), OF_DWARF_OBJECTS))
    for what, got, least in limits:
        if got < least:
            yield f"{what}: expected at least {least:.0%}, got {got:.2%}"
    for what, sums, least in (("large variables", seen.variables, LARGE_VARIABLES), ("pointers of frames", seen.slots, FRAME_SLOTS)):
        if sums["typed_without"] < least * sums["all"]:
            yield f"{what} that lead to typed objects: expected {least:.0%} of {sums['all']}, got {sums['typed_without']}"
    for name in EXACT:
        if seen.wrong_by[name]["objects"]:
            yield f"objects whose wrong type is known by {name}: expected none, got {seen.wrong_by[name]['objects']}"
    wrong = share(seen.total("bytes", "wrong"), seen.all())
    if wrong > WRONG_AT_MOST:
        yield f"wrong, of all live bytes: expected at most {WRONG_AT_MOST:.1%}, got {wrong:.3%}"


def unlabelled(roots, live):
    """Returns large variables that are only named by their place."""
    for root in roots["roots"]:
        if root["kind"] == "global" and root["retained"] > LABELLED_FROM * live and re.fullmatch(PLACE, root["name"]):
            yield f"name of a variable that holds {root['retained']} bytes: expected a label, got {root['name']}"


def by_evidence(sums):
    """Returns [(how known, bytes)], most bytes first."""
    return sorted(((name, row["bytes"]) for name, row in sums.items() if row["bytes"]), key=lambda pair: -pair[1])


def typed_share(holdfast):
    heap = holdfast.answer("report")["heap"]
    return share(heap["typed_bytes"], heap["reachable_bytes"])


def twins(subject, binary, program, folder):
    """Returns [(name, share of its live bytes that is typed)] for the other two, each a process of its own under the same load."""
    copy = folder / program.name
    command("strip", "-o", copy, program)
    for name, path in (("stripped", copy), ("-s -w", subject.bare())):
        with subject.run(path) as pid:
            yield name, typed_share(Holdfast(binary, pid))


def stripped_copy_failures(binary, core, program, folder):
    """A stripped copy, given as the program of the core, must give the same answer as ignoring its debug information."""
    copy = folder / "copy"
    command("strip", "-o", copy, program)
    ignored = Holdfast(binary, core, BARE).answer("types")["types"]
    stripped = Holdfast(binary, core, ["--exe", copy]).answer("types")["types"]
    if ignored != stripped:
        first = next(pair for pair in zip(ignored, stripped) if pair[0] != pair[1])
        yield f"types with a stripped copy: expected those with {' '.join(BARE)}, got {first}"
    copy_of = Holdfast(binary, core, ["--exe", copy])
    yield from unlabelled(copy_of.answer("roots"), copy_of.answer("report")["heap"]["reachable_bytes"])


def look(_, subject, binary):
    program = subject.program()
    with tempfile.TemporaryDirectory(prefix="holdfast-types-") as folder:
        folder = pathlib.Path(folder)
        with subject.run(program) as pid:
            core = core_of(pid, folder / "core")
        before = children_seconds()
        empty_cache = os.environ | {"XDG_CACHE_HOME": str(folder)}
        seen = Comparison(Holdfast(binary, core, env=empty_cache).answer("type-comparison"))
        seconds = children_seconds() - before
        kinds = by_evidence(seen.known_by)
        failures = [*findings(seen, subject.release), *stripped_copy_failures(binary, core, program, folder)]
        without = typed_share(Holdfast(binary, core, BARE))
        core.unlink()
        shares = dict(twins(subject, binary, program, folder))
    for name, got in shares.items():
        if abs(got - without) > TWIN_MAY_DIFFER:
            failures.append(f"typed in the twin {name}: expected {without:.2%} as without debug information, got {got:.2%}")
    rows = [row(subject, seen, shares, seconds)], [kinds_row(subject, kinds)], missing_rows(subject, seen)
    REPORTS.mkdir(parents=True, exist_ok=True)
    kept(subject).write_text(json.dumps({"rows": rows, "failures": failures, "agreement": seen.sums, "kinds": kinds,
                                         "differences": seen.differences}, indent=1) + "\n")
    print("\n".join(line for part in rows for line in part))
    return failures


def kept(subject):
    return REPORTS / f"{subject.name.replace(' ', '_')}.json"


def write_tables():
    """Makes the table of all programs that have been looked at."""
    tables = list(HEAD), list(KINDS_HEAD), list(MISSING_HEAD)
    for subject in plan():
        if kept(subject).exists():
            for table, rows in zip(tables, json.loads(kept(subject).read_text())["rows"]):
                table.extend(rows)
    for table in tables:
        put_table(PAGE, table)


def row(subject, seen, shares, seconds):
    everything, with_dwarf = seen.all(), seen.typed_with()

    def of_live(*kinds):
        return f"{share(seen.total('bytes', *kinds), everything):.3%}"
    return (f"| {subject.name.rsplit(' (', 1)[0]} | {subject.kind} | {subject.release} | {everything / MIB:.1f} | {seen.all('objects'):,} | "
            f"{share(with_dwarf, everything):.2%} | {share(seen.typed_without(), everything):.2%} | "
            f"{share(seen.agreed(), with_dwarf):.2%} | {share(seen.agreed('objects'), seen.typed_with('objects')):.2%} | "
            f"{of_live('other name')} | {of_live('nesting')} | {of_live('wrong')} | "
            f"{of_all(seen.variables)} | {of_all(seen.slots)} | "
            f"{shares['stripped']:.2%} | {shares['-s -w']:.2%} | {seconds:.1f} |")


def of_all(sums):
    return f"{sums['typed_without']:,} of {sums['all']:,}"


def kinds_row(subject, kinds):
    everything = sum(size for _, size in kinds)
    return f"| {subject.name} | {', '.join(f'{name} {share(size, everything):.1%}' for name, size in kinds)} |"


def missing_rows(subject, seen):
    """Lists the largest types that are wrong, that only debug information knows, and that neither knows."""
    found = [d for kind in ("wrong", "only with", "neither") for d in [d for d in seen.differences if d["kind"] == kind][:WORST]]
    return [f"| {subject.name} | {d['kind']} | {d['bytes'] / MIB:.3f} | {d['objects']:,} | {shown(d['with'])} | {shown(d['without'])} |"
            for d in found if share(d["bytes"], seen.all()) > WRONG_AT_MOST / 10]


def shown(name):
    short = name if len(name) <= 70 else name[:67] + "..."
    return f"`{short}`".replace("|", "/") if name else "-"


def plan():
    return [of_program(program) for program in go_programs.PROGRAMS] + [of_service(mode) for mode in SERVICE_MODES]


def main():
    return look_at_all(__doc__, PAGE, [(subject.name, subject) for subject in plan()], look, write_tables)


if __name__ == "__main__":
    sys.exit(main())
