#!/usr/bin/env python3
"""Checks what the verbs print for people: compares each text with a golden file, and with the width of the terminal.

  tests/e2e/text.py                       UPDATE_GOLDEN=1 in the environment writes tests/golden/text/ anew

Numbers and addresses differ from run to run: they are masked, and rows that come and go are filtered away. Ends with
`N passed, N failed`, exit code 1 if any failed.
"""
import difflib
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

import cells
from processes import Fixture, Holdfast

GOLDEN = cells.ROOT / "tests/golden/text"
HOLDFAST = cells.ROOT / "build/release/holdfast"
LOOKS = 20
WIDTHS = (60, 80, 100, 120, 200, 250)  # of terminals: the text of each verb fits them
FOLDED = ["report", "account", "types", "owners", "owners --under goroutine:1", "cycles", "goroutines", "goroutines --each --stacks", "roots", "labels", "spans", "audit",
          "goroutines --goroutine 1", "goroutines --share", "goroutines --share --goroutine 1", "spans --classes"]
# What a capture cannot answer, or nobody is asked.
FOLDED_LIVE = ["type-conflicts", "type-comparison", "slices", "slices --places", "slices --all", "slices --goroutine 1", "report --dry-run", "capture -o narrow.hold", "export -o narrow.pb.gz", "ps"]
HELP = {"--help": "help"} | {f"help {path.stem.removeprefix('help_')}": path.stem for path in sorted(GOLDEN.parent.glob("help_*.txt"))}

# The name of the golden file, and what the capture is asked. Rows of a table are those that the program makes itself.
ASKED = {
    "types": ["types", "--top", "0", "--filter", "type~^main[.]", "--sort", "type", "--columns", "type,count"],
    "roots": ["roots", "--top", "0", "--filter", "kind=global", "--filter", "name~^main[.]", "--sort", "name", "--columns", "kind,name"],
    "goroutines": ["goroutines", "--top", "0", "--filter", "top~^main[.]", "--sort", "top", "--columns", "count,doing,top"],
    "spans": ["spans", "--top", "1", "--filter", "pointers=yes", "--columns", "size,slot,objects,pointers"],
    "audit": ["audit"],
    "report": ["report"],
    "account": ["account", "--top", "1"],
    "export": ["export", "--as", "heap-text", "-o", "-"],
}
# What the process is asked.
ASKED_LIVE = {
    "type-conflicts": ["type-conflicts", "--filter", "kept=main.view"],
    "type-comparison": ["type-comparison"],
    "dry-run": ["report", "--dry-run"],
    "capture": ["capture", "-o", "another.hold"],
}
# What is refused, in words that tell how it is meant. A capture is asked.
REFUSED = [
    ["types", "--sort", "nothing"], ["types", "--filter", "count~many"], ["types", "--filter", "nothing>1"], ["typse"],
    ["capture"], ["export"], ["export", "--as", "svg", "-o", "zoo.svg"],
    ["export", "--as", "heapsnapshot", "--of", "paths", "-o", "zoo.json"], ["export", "type:main.view", "-o", "zoo.pb.gz"], ["diff"], ["type-conflicts"], ["types", "--exe", "zoo"], ["type-reasons"], ["type-reasons", "0x10"],
    ["account", "--sort", "bytes"], ["capture", "-o", "missing/zoo.hold"],
    ["query", "ATTACH 'x' AS y"], ["query", "SELECT retained('x')"], ["query", "SELECT 1", "--json", "--format", "csv"],
]


def on_terminals(words, width, remarks_width):
    """Returns what holdfast prints on two terminals of so many columns: its results, and its remarks without the line of progress."""
    command = [str(HOLDFAST), *map(str, words)]
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    ours, theirs = zip(pty.openpty(), pty.openpty())
    got = dict.fromkeys(ours, b"")
    try:
        for terminal, columns in zip(theirs, (width, remarks_width)):
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        process = subprocess.Popen(command, env=env, stdout=theirs[0], stderr=theirs[1])
    finally:
        for terminal in theirs:
            os.close(terminal)
    open_terminals = list(ours)
    while open_terminals:
        for terminal in select.select(open_terminals, [], [])[0]:
            try:
                part = os.read(terminal, 1 << 16)
            except OSError:  # a terminal says so when nobody writes any more
                part = b""
            got[terminal] += part
            if not part:
                open_terminals.remove(terminal)
                os.close(terminal)
    process.wait()
    results, remarks = (got[terminal].decode().replace("\r\n", "\n") for terminal in ours)
    remarks = re.sub(r"[^\n]*\r\x1b\[K", "", remarks).rpartition("\x1b[J")[2]
    return [re.sub(r"\x1b\[[0-9;]*m", "", text) for text in (results, remarks)]


def ran(words):
    """Runs holdfast with pipes for its outputs."""
    return subprocess.run([str(HOLDFAST), *map(str, words)], capture_output=True, text=True)


def run(words):
    """Returns what holdfast prints into a pipe."""
    return subprocess.run([str(HOLDFAST), *map(str, words)], stdout=subprocess.PIPE, check=True, text=True).stdout


def masked(text):
    """Removes numbers, the spaces and bars that depend on them, and where the program lies."""
    text = re.sub(r"UTC on host .*?(,| ·|$)", r"UTC on host HOST\1", text, flags=re.M)
    text = re.sub(r"(0x[0-9a-f]+) +", r"\1 ", text)
    text = re.sub(r"/\S+/(?=zoo\b)", "/PATH/", text)
    text = re.sub(r"\S+ collections a second|a collection every \S+ \w+", "collections at a PACE", text)
    text = re.sub(r"(collections at a PACE, )?the last \S+ \w+ before|none for \S+ \w+, collections at a PACE before that",
                  "COLLECTIONS OF LATE", text)
    text = re.sub(r"\(\S+ threads? wants? \S+ processors? on this machine\)|\(longer if others want the processors\)", "(LOAD)", text)
    text = re.sub(r"\[vdso\]|plain memory at \S+", "SMALL MAPPING", text)
    text = re.sub(r"  █+(?=\n|  )", "", text)
    text = re.sub(r"0x[0-9a-f]+|<?\d+([.,:-]\d+)*( ([KMGT]iB|B|ms|s|min|h|d)\b| %)?", "#", text)
    return "\n".join(re.sub(r" {2,}", "  ", line).strip() for line in text.splitlines()) + "\n"


def holders_sorted(report):
    """Returns the report with its holders in the order of their words: some sizes differ more from run to run than from each other."""
    head, title, rest = report.partition("WHAT HOLDS IT")
    first, *lines = rest.splitlines()
    end = next(i for i, line in enumerate(lines) if line.startswith("and # more"))
    holders = []
    for line in lines[:end]:
        if re.match(r"#  # \(#\)", line):
            holders.append([])
        holders[-1].append(line)
    return "\n".join([head + title + first, *sum(sorted(holders), []), *lines[end:]]) + "\n"


def with_first_places(report):
    """Returns the report with its first three places of goroutines: those that come then have nearly one size."""
    head, title, rest = report.partition("GOROUTINES")
    first, *lines = rest.splitlines()
    end = next(i for i, line in enumerate(lines) if line.startswith("and # more places"))
    return "\n".join([head + title + first, *lines[:6], *lines[end:]]) + "\n"


def without_rows(comparison):
    """Returns the type comparison with those differences only that are about the program's own types: the runtime's come and go."""
    head, title, rows = comparison.rpartition("agreement  bytes  objects  type with it")
    first, *lines = rows.splitlines()
    return "\n".join([head + title + first, *sorted(line for line in lines if "main." in line)]) + "\n"


def without_samples(profile):
    """Returns the profile's counters: nobody knows what the runtime will have sampled of itself."""
    return profile[profile.index("# runtime.MemStats"):]


# What makes a text the same from run to run, beside the mask.
STEADY = {"report": lambda report: with_first_places(holders_sorted(report)), "type-comparison": without_rows, "export": without_samples}


def columns_of(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Text:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, name, text=""):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f"FAIL {name}: {text}", flush=True)

    def golden(self, name, text):
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        expected = path.read_text() if path.exists() else ""
        diff = difflib.unified_diff(expected.splitlines(), text.splitlines(), lineterm="", n=0)
        shown = "".join(f"\nFAIL   {line}" for line in diff)  # so that who shows only failures shows these lines, too
        self.check(text == expected, f"the text of {name}", f"is not {path}; UPDATE_GOLDEN=1 rewrites it:{shown}")

    def narrow(self, words):
        """Results fit their terminal, remarks fit theirs, and no line ends within a command."""
        for width, remarks_width in zip(WIDTHS, reversed(WIDTHS)):
            for text, most in zip(on_terminals(words, width, remarks_width), (width, remarks_width)):
                bad = [line for line in text.splitlines() if columns_of(line) > most or line.count("`") % 2]
                self.check(not bad, f"{' '.join(map(str, words))} on {most} columns", "\n".join(bad))

    def fits(self, words):
        wide = on_terminals([*words, "--wide"], 60, 60)[0]
        self.check(masked(wide) == masked(run(words)), f"--wide of {words[0]}", "differs from what a pipe gets")
        self.narrow(words)

    def bold(self, fixture, capture, address):
        """Each verb with --color obeys it."""
        for words in (*([*words.split(), capture] for words in FOLDED), ["diff", capture, capture], ["ps"], ["type-conflicts", fixture.pid],
                      ["type-comparison", fixture.pid], ["type-reasons", fixture.pid, address]):
            always, plain = run([*words, "--color", "always"]), run(words)
            self.check("\x1b[1m" in always and "\x1b" not in plain, f"--color of {words[0]}", always)

    def refusals(self, capture):
        """In a pipe each is one line, whatever its length."""
        text = ""
        for words in REFUSED:
            command = [words[0], capture, *words[1:]]
            done = ran(command)
            self.check(done.stderr.count("\n") == 1 and "…" not in done.stderr and not done.stdout, f"the refusal of {command}", done.stderr)
            text += f"{' '.join(command)}\n{done.returncode}: {done.stderr}\n"
            self.narrow(command)
        self.golden("refusals", text)

    def goldens(self, fixture, capture):
        for name, words in ASKED.items():
            self.golden(name, STEADY.get(name, str)(masked(run([*words, capture]))))
        for name, words in ASKED_LIVE.items():
            done = ran([words[0], fixture.pid, *words[1:]])
            self.golden(name, STEADY.get(name, str)(masked(done.stdout + done.stderr)))
        for words, name in HELP.items():
            self.check(run(words.split()) == (GOLDEN.parent / f"{name}.txt").read_text(), f"holdfast {words}", "is not the golden help")
        # There can be any number of other processes, so their count is not compared.
        ps = run(["ps", "--filter", f"pid={fixture.pid}", "--columns", "pid,go,resident,stripped,name"])
        self.golden("ps", masked("".join(ps.splitlines(keepends=True)[:2])))
        with Fixture(cells.build(cells.Cell("1.26", "labels", "dwarf"))) as labelled:
            self.golden("labels", masked(run(["labels", labelled.pid, "--columns", "key,value,goroutines", "--sort", "value"])))
        conflicts = json.loads(run(["type-conflicts", fixture.pid, "--json", "--filter", "kept=main.view"]))["conflicts"]
        self.golden("type-reasons", masked(run(["type-reasons", fixture.pid, conflicts[0]["example"]])))

    def all(self, fixture, capture):
        self.goldens(fixture, capture)
        report, everything = run(["report", capture]), run(["report", "--top", "0", capture])
        self.check("`holdfast report --top 0` shows all" in report and "--top 0" not in everything, "report --top 0", everything)
        for words in FOLDED:
            self.fits([*words.split(), capture])
        self.fits(["diff", capture, capture])
        for words in FOLDED_LIVE:
            self.narrow([*words.split(), *([] if words == "ps" else [fixture.pid])])
        for words in HELP:
            self.narrow(words.split())
        large = ["--filter", "class=0", "--filter", "pointers=yes", "--sort", "-size", "--top", "1"]
        address = json.loads(run(["spans", capture, "--json", *large]))["spans"][0]["address"]  # of its only object, too
        self.narrow(["type-reasons", fixture.pid, address])
        self.narrow(["type-reasons", capture, address])
        self.narrow(["show", fixture.pid, address])
        self.narrow(["show", capture, address])
        self.refusals(capture)
        self.bold(fixture, capture, address)


def is_still(capture):
    """Whether nothing has been allocated or dropped between the last collection and the capture, so that the audit says the
    same each time. One run in eight is another: the runtime allocates a little when it likes."""
    return not json.loads(run(["audit", capture, "--json"]))["causes"]


def main():
    text = Text()
    program = cells.build(cells.Cell("1.26", "zoo", "dwarf"))
    with tempfile.TemporaryDirectory(prefix="holdfast-text-") as folder:
        os.chdir(folder)  # so that the commands of the report, which are never cut, are short
        for _ in range(LOOKS):
            with Fixture(program) as fixture:
                Holdfast(HOLDFAST, fixture.pid).run(["capture", fixture.pid, "-o", "zoo.hold"])
                if is_still("zoo.hold"):
                    text.all(fixture, "zoo.hold")
                    break
            os.remove("zoo.hold")
        else:
            text.check(False, "a still moment", f"there was none in {LOOKS} programs")
    print(f"{text.passed} passed, {text.failed} failed")
    return 1 if text.failed else 0


if __name__ == "__main__":
    sys.exit(main())
