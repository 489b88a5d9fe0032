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
WIDTHS = (60, 80, 120, 250)  # of terminals: the text of each verb fits them
FOLDED = ["report", "types", "goroutines", "goroutines --each --stacks", "roots", "spans", "audit"]
FOLDED_LIVE = ["type-conflicts", "type-comparison", "report --dry-run", "ps"]  # what a capture cannot answer, or nobody
HELP = ["--help", *(f"help {path.stem.removeprefix('help_')}" for path in sorted(GOLDEN.parent.glob("help_*.txt")))]

# The name of the golden file, and what the capture is asked. Rows of a table are those that the program makes itself.
ASKED = {
    "types": ["types", "--top", "0", "--filter", "type~^main[.]", "--sort", "type", "--columns", "type,count"],
    "roots": ["roots", "--top", "0", "--filter", "kind=global", "--filter", "name~^main[.]", "--sort", "name", "--columns", "kind,name"],
    "goroutines": ["goroutines", "--top", "0", "--filter", "top~^main[.]", "--sort", "top", "--columns", "count,doing,top"],
    "spans": ["spans", "--top", "1", "--columns", "size,slot,objects,pointers"],
    "audit": ["audit"],
}


def run(words, width=None, check=True):
    """Returns what holdfast prints, into a pipe or on a terminal of so many columns."""
    command = [str(HOLDFAST), *map(str, words)]
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    if width is None:
        return subprocess.run(command, env=env, stdout=subprocess.PIPE, check=check, text=True).stdout
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        process = subprocess.Popen(command, env=env, stdout=theirs, stderr=subprocess.DEVNULL)
    finally:
        os.close(theirs)
    got = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # a terminal says so when nobody writes any more
            break
        if not part:
            break
        got += part
    os.close(ours)
    if process.wait() != 0 and check:
        raise subprocess.CalledProcessError(process.returncode, command)
    return re.sub(r"\x1b\[[0-9;]*m", "", got.decode().replace("\r\n", "\n"))


def masked(text):
    """Removes numbers, and the spaces that depend on their lengths."""
    text = re.sub(r"UTC on host .*?(,|$)", r"UTC on host HOST\1", text, flags=re.M)
    text = re.sub(r"0x[0-9a-f]+|\d[\d,.]*( ([KMGT]iB|B|ms|s|min|h|d|%)\b)?", "#", text)
    return "\n".join(re.sub(r" {2,}", "  ", line).strip() for line in text.splitlines()) + "\n"


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

    def narrow(self, name, words):
        for width in WIDTHS:
            too_wide = [line for line in run(words, width).splitlines() if columns_of(line) > width]
            self.check(not too_wide, f"{name} on {width} columns", "\n".join(too_wide))

    def fits(self, words):
        wide = run([*words, "--wide"], 60)
        self.check(masked(wide) == masked(run(words)), f"--wide of {words[0]}", "differs from what a pipe gets")
        self.narrow(" ".join(map(str, words)), words)

    def bold(self, fixture, capture, address):
        """Each verb with --color obeys it."""
        for words in (*([*words.split(), capture] for words in FOLDED), ["ps"], ["type-conflicts", fixture.pid],
                      ["type-comparison", fixture.pid], ["type-reasons", fixture.pid, address]):
            always, plain = run([*words, "--color", "always"]), run(words)
            self.check("\x1b[1m" in always and "\x1b" not in plain, f"--color of {words[0]}", always)

    def all(self, fixture, capture):
        for name, words in ASKED.items():
            self.golden(name, masked(run([*words, capture])))
        report = run(["report", capture])
        self.golden("report", "".join(f"{masked(line)}" for line in report.splitlines() if re.match(r"[A-Z]{4,}|more:", line)))
        everything = run(["report", "--top", "0", capture])
        self.check("--top 0 shows all" in report and "--top 0 shows all" not in everything, "report --top 0", everything)
        # There can be any number of other processes, so their count is not compared.
        ps = run(["ps", "--filter", f"pid={fixture.pid}", "--columns", "pid,go,resident,stripped,name"])
        self.golden("ps", masked("".join(ps.splitlines(keepends=True)[:2])))
        for words in FOLDED:
            self.fits([*words.split(), capture])
        for words in FOLDED_LIVE:
            self.narrow(words, [*words.split(), *([] if words == "ps" else [fixture.pid])])
        for words in HELP:
            self.narrow(words, words.split())
        large = ["--filter", "class=0", "--filter", "pointers=yes", "--sort", "-size", "--top", "1"]
        address = json.loads(run(["spans", capture, "--json", *large]))["spans"][0]["address"]  # of its only object, too
        self.narrow("type-reasons", ["type-reasons", fixture.pid, address])
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
