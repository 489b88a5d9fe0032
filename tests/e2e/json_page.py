#!/usr/bin/env python3
"""Compares the fields of all JSON that holdfast prints with docs/json.md, both ways: what it prints stands there, and of the
kind that stands there; and what stands there is printed by one of the programs that are looked at here.

  tests/e2e/json_page.py

Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import cells
import symptoms
from processes import Fixture

HOLDFAST = cells.ROOT / "build/release/holdfast"
OLD_CAPTURE = cells.ROOT / "tests/golden/hold/format-4.hold"  # lacks parts that came later, and says so
PAGE = cells.ROOT / "docs/json.md"
COMMANDS = cells.ROOT / "docs/commands.md"
TABLES = ["types", "types --list=uint8", "owners", "roots", "cycles", "goroutines", "goroutines --each --stacks", "labels", "spans", "spans --classes",
          "slices", "slices --places", "slices --all", "dangling", "type-conflicts"]
EXPLAINED = 12  # objects whose types are asked for the reasons
# What the programs here do not show each time, and why.
UNSEEN = {
    "step.key": "content is not kept here",
    "step.weak": "a chain goes another way where it can",
    "table.remark": "of a type that is listed there is garbage only between two collections",
    "root.module": "no plugin is looked at",
    **dict.fromkeys((f"known leak.{field}" for field in ("library", "version", "fixed_in", "issue", "words")),
                    "no program here has a library with a known leak"),
    **dict.fromkeys((f"folded finding.{field}" for field in ("id", "title", "bytes", "confidence", "fingerprint")),
                    "no two findings here are about the same bytes"),
    "claim.rule": "it depends on which objects are the largest",
    **dict.fromkeys(("naming line.function", "naming line.file", "naming line.line", "naming line.objects"),
                    "conservative words keep something only where a thread was stopped between two calls"),
}


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_natural(value):
    return is_integer(value) and value >= 0


def is_real(value):
    return is_integer(value) or isinstance(value, float)


def is_text_like(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


SCALARS = {
    "text": lambda value: isinstance(value, str),
    "address": is_text_like("0x[0-9a-f]+"),
    "moment": is_text_like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "count": is_natural, "bytes": is_natural, "ns": is_natural, "id": is_natural, "number": is_integer,
    "ms": is_real, "rate": is_real,
    "share": lambda value: is_real(value) and 0 <= value <= 1,
    "flag": lambda value: isinstance(value, bool),
}


class Page:
    """The tables of docs/json.md by their headings, each {field: kind}; and which fields have been seen until now."""

    def __init__(self, text):
        self.objects, self.seen = {}, set()
        for section in text.split("\n### ")[1:]:
            rows = re.findall(r"^\| (`[^|]*?) \| ([^|]*) \|", section.split("\n## ")[0], re.M)
            self.objects[section.split("\n")[0]] = {field: kind for fields, kind in rows for field in re.findall("`([^`]+)`", fields)}

    def complaints(self, value, name, path=""):
        """Yields what in an object is not as its table says."""
        table = self.objects[name]
        for field in table.keys() - value.keys():
            if not table[field].endswith(", or absent"):
                yield f"{path}{field} is missing: the page has it as {table[field]} of {name}"
        for field, inner in value.items():
            if field not in table:
                yield f"{path}{field} is not on the page, in {name}"
                continue
            self.seen.add(f"{name}.{field}")
            yield from self._of_kind(inner, table[field].removesuffix(", or absent"), path + field)

    def _of_kind(self, value, kind, path):
        bare = kind.removesuffix(", or null")
        if value is None and bare != kind:
            return
        nested = re.fullmatch(r"(list of|map to) (.*)", bare)
        of_object = re.fullmatch(r"\[([^]]*)\]\(#[a-z-]*\)", bare)
        if nested:
            if not isinstance(value, list if nested[1] == "list of" else dict):
                yield f"{path} is no {bare}: {value!r}"
                return
            for inner in value if isinstance(value, list) else value.values():
                yield from self._of_kind(inner, nested[2], f"{path}[]")
        elif of_object:
            yield from self.complaints(value, of_object[1], path + ".") if isinstance(value, dict) else [f"{path} is no object: {value!r}"]
        elif bare not in SCALARS:
            yield f"{path}: the page has the kind {bare!r}, which is none"
        elif not SCALARS[bare](value):
            yield f"{path} is no {bare}: {value!r}"

    def see(self, name):
        """Returns the fields of a table whose values something else compares."""
        self.seen |= {f"{name}.{field}" for field in self.objects[name]}
        return set(self.objects[name])

    def never_seen(self):
        fields = {f"{name}.{field}" for name, table in self.objects.items() for field in table}
        return sorted(fields - self.seen)


def columns_of(verb, commands):
    """Returns the columns of a table verb, as docs/commands.md has them."""
    section = re.search(rf"^## {verb}\n(.*?)(?=^## |\Z)", commands, re.M | re.S)[1]
    return re.findall(r"^\| `([a-z_]+)` \|", section.partition("| column | meaning |")[2], re.M)


def table_complaints(page, document, words, commands):
    """A table's rows have its columns; what is around them is on the page."""
    rows = document.pop(document["schema"].removeprefix("holdfast.").partition("/")[0])
    yield from page.complaints(document, "table")
    wanted = set(columns_of(words.split()[0], commands))
    for other in ("types --list", "spans --classes", "slices --places", "slices --all", "dangling"):
        if other.split()[-1] in words:
            wanted = page.see(other)
    if words.startswith("profile "):
        wanted = page.see(words)
    if words == "gc":
        wanted = page.see("gc")
    elif words.startswith("dump"):
        wanted = page.see("dump")
        if "--each" in words:
            wanted = wanted - {"goroutines", "waits_least", "waits_most", "in_bubble"} | page.see("dump --each")
    elif "--each" in words:
        wanted = wanted - {"count"} | page.see("goroutines --each")
    if words.startswith("escape"):
        wanted = page.see("escape") | {"flow"}
    wanted |= set() if words.startswith(("profile", "dump", "escape", "gc")) else {"open"}  # there is nothing more to be seen of a place
    wanted |= {"frames"} if "--stacks" in words else {"evidence"} if words == "type-conflicts" else {"by"} if words in ("slices", "slices --all") else set()
    for row in rows[:1]:
        if set(row) != wanted:
            yield f"of the fields {sorted(row.keys() ^ wanted)} some are only in rows of {words}, others only on the page"


class Answers:
    """Asks holdfast, and compares each answer with the page."""

    def __init__(self):
        self.page, self.commands, self.passed, self.failed = Page(PAGE.read_text()), COMMANDS.read_text(), 0, 0

    def check(self, what, complaints):
        complaints = sorted(set(complaints))
        self.passed += not complaints
        self.failed += bool(complaints)
        for complaint in complaints:
            print(f"FAIL {what}: {complaint}", flush=True)

    def ask(self, words, target, *more):
        command = [str(HOLDFAST), *words.split(), str(target), *map(str, more), "--json"]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout)

    def of(self, name, words, target, *more):
        """Asks, and compares with the table `name` of the page; returns the answer."""
        answer = self.ask(words, target, *more)
        self.check(f"{words} of {target}", self.page.complaints(answer, name))
        return answer

    def tables(self, target):
        for words in TABLES:
            self.check(words, table_complaints(self.page, self.ask(words, target), words, self.commands))

    def watch(self, target):
        command = [str(HOLDFAST), "owners", str(target), "--every", "200ms", "--looks", "2", "--json"]
        for line in subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.splitlines():
            document = json.loads(line)
            rows = document.pop("owner_changes")
            own = {field: document.pop(field) for field in list(document) if field in self.page.objects["owner changes"]}
            self.check("owners --every", [complaint for part, name in [(document, "table"), (own, "owner changes"), *((row, "owner change") for row in rows)]
                                          for complaint in self.page.complaints(part, name)])

    def stats(self, target):
        command = [str(HOLDFAST), "stats", str(target), "--every", "300ms", "--looks", "5", "--json"]
        for line in subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines():
            self.check("stats --every", self.page.complaints(json.loads(line), "stats"))
        self.of("stats-explained", "stats --explain", target)

    def reasons(self, target, report):
        addresses = [step["address"] for holder in report["holders"] for step in holder["chain"] if step["kind"] == "object"]
        conflicts = [row["example"] for row in self.ask("type-conflicts", target, "--top", "0")["conflicts"]]
        for address in conflicts + addresses[:EXPLAINED]:
            self.of("type-reasons", "type-reasons", target, address)
            self.of("show", "show --by retained --top 2 --raw", target, address)
        self.of("show-debugger", "show --as dlv", target, addresses[0])


def look_at_everything(answers, fixture, folder):
    report = answers.of("report", "report --top 0", fixture.pid)
    for name, words in (("account document", "account"), ("audit", "audit"), ("type-comparison", "type-comparison"), ("dry-run", "types --dry-run")):
        answers.of(name, words, fixture.pid)
    answers.tables(fixture.pid)
    answers.reasons(fixture.pid, report)
    answers.of("capture", "capture", fixture.pid, "-o", f"{folder}/a.hold")
    answers.of("report", "report", f"{folder}/a.hold")
    answers.of("report", "report", OLD_CAPTURE)
    answers.of("report", "report", fixture.pid, "--since", f"{folder}/a.hold")
    answers.of("diff", "diff", f"{folder}/a.hold", fixture.pid, "--ops", "3")
    objects = [step["address"] for holder in report["holders"] for step in holder["chain"] if step["kind"] == "object"]
    answers.of("type-reasons", "type-reasons", f"{folder}/a.hold", objects[0])
    answers.of("span", "spans", f"{folder}/a.hold", f"--span={objects[0]}")
    answers.of("goroutine", "goroutines", f"{folder}/a.hold", "--goroutine=1")
    for subject in objects[:EXPLAINED] + ["type:string data", "goroutine:1"]:
        answers.of("why", "why", f"{folder}/a.hold", subject)
    answers.of("under", "owners", f"{folder}/a.hold", "--under=goroutine:1")
    answers.of("under", "owners", f"{folder}/a.hold", f"--under={objects[0]}")
    for address in objects[:EXPLAINED]:
        answers.of("cut", "cut", f"{folder}/a.hold", f"--drop={address}")
        answers.of("smallest-cut", "cut", f"{folder}/a.hold", f"--free={address}")
    core = fixture.core(f"{folder}/core")
    answers.of("report", "report", core)
    answers.of("audit", "audit", core)
    answers.check("detectors", answers.page.complaints(json.loads(subprocess.run([HOLDFAST, "detectors", "--json"], stdout=subprocess.PIPE).stdout), "detectors"))
    answers.check("ps", table_complaints(answers.page, answers.ask("ps", "--top=0"), "ps", answers.commands))


# What a program printed at its end, with a header of an unknown form, one without frames, and a line of another.
DUMP = b"""panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x20 pc=0x509d96]

goroutine 1 [running]:
main.main()
\t/src/main.go:5 +0x1d

goroutine 7 <of a later release>:
another line
main.main()
\t/src/main.go:5 +0x1d

goroutine 8 [select]:
"""


def dump_complaints(answers, options):
    document = answers.ask(f"dump {options}".strip(), "dump.txt")
    head = {field: document.pop(field) for field in answers.page.objects["head of a dump"] if field in document}
    yield from answers.page.complaints(head, "head of a dump")
    yield from table_complaints(answers.page, document, f"dump {options}".strip(), answers.commands)


def look_at_escape(answers):
    command = [cells.ROOT / "tools/go_release", "1.26", "--", HOLDFAST, "escape", "build", ".", "--flow", "--json"]
    done = subprocess.run(command, cwd=cells.HERE / "escape", env=cells.plain_environment(), stdout=subprocess.PIPE, check=True)
    answers.check("escape build", table_complaints(answers.page, json.loads(done.stdout), "escape build", answers.commands))
GC_LINE = b"gc 4 @0.019s 7%: 0.053+2.2+0.006 ms clock, 0.10+0/0.33/4.1+0.012 ms cpu, 7->7->6 MB, 14 MB goal, 0 MB stacks, 1 MB globals, 2 P\n"


def gc_complaints(answers):
    pathlib.Path("gc.txt").write_bytes(b"".join(GC_LINE.replace(b"gc 4", b"gc %d" % n).replace(b"0.019", b"0.%03d" % n) for n in range(1, 5)))
    pathlib.Path("metrics.txt").write_text('{"/gc/heap/live:bytes": 100, "/gc/heap/goal:bytes": 200}')
    document = answers.ask("gc", "gc.txt", "metrics.txt")
    for source in document.pop("sources"):
        yield from answers.page.complaints(source, "source of cycles")
    yield from table_complaints(answers.page, document, "gc", answers.commands)


def main():
    answers = Answers()
    look_at_escape(answers)
    with tempfile.TemporaryDirectory(prefix="holdfast-json-") as folder:
        os.chdir(folder)
        pathlib.Path("dump.txt").write_bytes(DUMP)
        for options in ("", "--each"):
            answers.check(f"dump {options}", dump_complaints(answers, options))
        answers.check("gc", gc_complaints(answers))
        with Fixture(cells.build(cells.Cell("1.26", "zoo", "dwarf"))) as fixture:
            look_at_everything(answers, fixture, folder)
        for program, mode in (("owners", "stripped"), ("sampled", "dwarf"), ("malloc", "external"), ("mapped", "stripped"), ("churn", "stripped")):
            with Fixture(cells.build(cells.Cell("1.26", program, mode))) as fixture:
                report = answers.of("report", "report --top 0", fixture.pid)
                shared = [step["address"] for holder in report["holders"] if len(holder["owners"]) > 1 for step in holder["chain"][-1:]]
                for address in shared[:EXPLAINED] if program == "owners" else ():
                    answers.of("why", "why", fixture.pid, address)
                if program == "sampled":
                    steps = [f"{step}.pb.gz" for step in range(3)]
                    for step in steps:
                        subprocess.run([HOLDFAST, "export", str(fixture.pid), "-o", step], stdout=subprocess.DEVNULL, check=True)
                    for view, files in {"top": 1, "survival": 1, "list .": 1, "tree": 1, "tags": 1, "raw": 1, "diff": 2, "ladder": 3}.items():
                        words, files = f"profile {view}", steps[:files]
                        answers.check(words, table_complaints(answers.page, answers.ask(words, *files), words.removesuffix(" ."), answers.commands))
                    answers.of("verdict", "verdict", fixture.pid, "--profile", steps[0])
                    # Placed by its number of collections, by its time, and not at all.
                    for more in ((fixture.pid,), (steps[0], "--start", "2026-01-01T00:00:00Z", "--with", steps[1]), (steps[0],)):
                        document = answers.ask("gc", "gc.txt", "--with", *more)
                        answers.check("gc --with", [complaint for source in document["sources"] for mark in source["marks"] for complaint in answers.page.complaints(mark, "mark")])
                if program == "churn":
                    answers.of("audit", "audit --prove", fixture.pid)
        with Fixture(cells.build(cells.Cell("1.26", "shown", "stripped"))) as fixture:
            facts = fixture.truth["facts"]
            answers.of("show", "show --by retained --top 2", fixture.pid, hex(facts["root"]))
            answers.of("show", "show", fixture.pid, hex(facts["item_1"]))
            answers.of("show", "show --top 2 --offset 3", fixture.pid, hex(facts["heavy_map"]))
        with Fixture(cells.build(cells.Cell("1.26", "inside", "dwarf"))) as fixture:
            facts = fixture.truth["facts"]
            answers.of("shares", "goroutines --share", fixture.pid)
            answers.of("shares", "goroutines --share", fixture.pid, f"--goroutine={facts['pair 0']}")
            of_runtime = [row["goid"] for row in answers.ask("goroutines --each --top 0", fixture.pid)["goroutines"] if row["system"]]
            for goroutine in (facts["ask 0"], facts["hold"], facts["enter 0"], *of_runtime[:2]):
                answers.of("goroutine", "goroutines", fixture.pid, f"--goroutine={goroutine}")
            for options in ("--top=1", "--top=0"):
                answers.of("span", "spans", fixture.pid, f"--span={facts['kept']:#x}", options)
        with Fixture(cells.build(cells.Cell("1.26", "grows", "dwarf"))) as fixture:
            answers.ask("capture", fixture.pid, "-o", f"{folder}/before.hold")
            fixture.ask("grow")
            answers.of("verdict", "verdict", fixture.pid, "--since", f"{folder}/before.hold")
            answers.watch(fixture.pid)
            answers.of("diff", "diff", f"{folder}/before.hold", fixture.pid)
        with symptoms.start(next(p for p in symptoms.PROGRAMS if p.name == "mapped_memory"), "1.26") as fixture:
            answers.stats(fixture.pid)
    answers.check("the page", (f"{field} is never printed" for field in answers.page.never_seen()
                               if field not in UNSEEN))
    print(f"{answers.passed} passed, {answers.failed} failed")
    return 1 if answers.failed else 0


if __name__ == "__main__":
    sys.exit(main())
