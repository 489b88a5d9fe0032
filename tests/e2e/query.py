#!/usr/bin/env python3
"""Compares what queries answer with the other verbs, on a live process, a core and a capture, and tries the prompt.

  tests/e2e/query.py HOLDFAST [--release 1.26]

Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import argparse
import codecs
import collections
import csv
import fcntl
import io
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

import cells
from processes import Fixture, Holdfast

LOOKS = 20  # at a live process: it may allocate between two of them
SECONDS = 120
ENDLESS = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


class Checker:
    def __init__(self, binary):
        self.binary, self.passed, self.failed = binary, 0, 0

    def expect(self, what, wanted, got):
        self.passed += wanted == got
        self.failed += wanted != got
        if wanted != got:
            print(f"FAIL {what}: expected {str(wanted)[:500]}, got {str(got)[:500]}", flush=True)

    def query(self, target, *sql, **options):
        return subprocess.run([self.binary, "query", str(target), *sql], capture_output=True, text=True, timeout=SECONDS, **options)

    def rows(self, target, sql):
        """Returns the rows of each statement."""
        done = self.query(target, sql, "--json", stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{sql}: {done.returncode}: {done.stderr}")
        decoder, results, text = json.JSONDecoder(), [], done.stdout.strip()
        while text:
            rows, end = decoder.raw_decode(text)
            results.append(rows)
            text = text[end:].strip()
        return results


def tuples(rows):
    return [tuple(row.values()) for row in rows]


# What each verb says, and what a query must say of the same look.
def facts_of_verbs(holdfast):
    report, types, spans = (holdfast.answer(verb) for verb in ("report", "types", "spans"))
    roots, goroutines = holdfast.answer("roots"), holdfast.answer("goroutines")
    by_type, unknown = collections.Counter(), collections.Counter()
    for row in types["types"]:
        sums = unknown if row["type"].startswith("unknown, ") else by_type
        for column in ("count", "own"):
            sums[row["type"] if sums is by_type else "", column] += row[column]
    heap = report["heap"]
    return {
        "heap": [(heap["objects"], heap["bytes"])],
        "reachable": [(heap["reachable_objects"], heap["reachable_bytes"])],
        "owners": [(heap["reachable_objects"], heap["reachable_bytes"])],
        "members": [(heap["reachable_bytes"],)],
        "types": sorted((name, by_type[name, "count"], by_type[name, "own"]) for name in {name for name, _ in by_type}),
        "unknown": [(unknown["", "count"], unknown["", "own"])],
        "retained by types": sorted((row["type"], row["retained"]) for row in types["types"] if not row["type"].startswith("unknown, ")),
        "spans": sorted((row["address"], row["slot"], row["objects"], row["reached"], row["marked"]) for row in spans["spans"]),
        "roots": sorted((row["kind"], row["name"], row["retained"]) for row in roots["roots"] if row["kind"] != "shared"),
        "goroutines": sorted((row["goid"], row["doing"], row["depth"], row["stack"]) for row in goroutines["goroutines"]),
        "losses": sorted((loss["kind"], loss["count"]) for loss in report["losses"]),
    }


QUERIES = {
    "heap": "SELECT count(*), sum(size) FROM objects",
    "reachable": "SELECT count(*), sum(size) FROM objects WHERE reachable",
    "owners": "SELECT sum(objects), sum(bytes) FROM owners",
    "members": "SELECT sum(bytes) FROM owners WHERE owners IS NULL OR id IN (SELECT home_id FROM home_members WHERE NOT gave_way)",
    "types": "SELECT type, count(*), sum(size) FROM objects WHERE reachable AND type IS NOT NULL GROUP BY type",
    "unknown": "SELECT count(*), coalesce(sum(size), 0) FROM objects WHERE reachable AND type IS NULL",
    "retained by types": "SELECT type, retained FROM types WHERE count > 0",
    "spans": "SELECT address, slot, objects, reached, marked FROM spans",
    "roots": "SELECT kind, name, retained FROM roots",
    "goroutines": "SELECT goid, coalesce(wait_reason, state), depth, stack FROM goroutines WHERE state <> 'dead'",
    "losses": "SELECT kind, count FROM losses",
}


def facts_of_queries(checker, target):
    results = checker.rows(target, ";".join(QUERIES.values()))
    return {name: sorted(tuples(rows)) for name, rows in zip(QUERIES, results, strict=True)}


def compare(checker, kind, target):
    """A process that allocates between two looks is looked at again."""
    for look in range(LOOKS if kind == "live" else 1):
        verbs, queries = facts_of_verbs(Holdfast(checker.binary, target)), facts_of_queries(checker, target)
        if verbs == queries:
            break
    for name in QUERIES:
        checker.expect(f"{kind}: {name}", verbs[name], queries[name])
    checker.expect(f"{kind}: something to compare", True, len(verbs["types"]) > 10 and len(verbs["goroutines"]) > 1)


def is_consistent(checker, kind, target):
    """Questions of one look whose answers follow from each other."""
    pairs = {
        "joins by type": ("SELECT count(*) FROM objects WHERE type IS NOT NULL", "SELECT count(*) FROM types t JOIN objects o ON o.type_id = t.id"),
        "joins by target": ("SELECT count(*) FROM edges", "SELECT count(*) FROM objects o CROSS JOIN edges e ON e.target = o.id"),
        "joins by source": ("SELECT count(*) FROM edges WHERE root IS NULL", "SELECT count(*) FROM objects o CROSS JOIN edges e ON e.source = o.id"),
        "addresses": ("SELECT count(*) FROM objects", "SELECT count(*) FROM objects a CROSS JOIN objects b ON b.address = a.address WHERE a.id = b.id"),
        "dominators": ("SELECT count(*) FROM objects WHERE dominator IS NOT NULL", "SELECT count(*) FROM objects a CROSS JOIN objects b ON b.dominator = a.id"),
        "ways": ("SELECT count(*) FROM objects WHERE reachable", "SELECT count(path(id)) FROM objects"),
        "order": ("SELECT count(*) FROM objects", "SELECT count(*) FROM (SELECT type, lag(type) OVER () AS before FROM (SELECT type FROM objects ORDER BY type)) WHERE before IS NULL OR type >= before"),
    }
    results = checker.rows(target, ";".join(sql for pair in pairs.values() for sql in pair))
    for i, name in enumerate(pairs):
        checker.expect(f"{kind}: {name}", tuples(results[2 * i]), tuples(results[2 * i + 1]))


def formats(checker, target):
    sql = "SELECT id, address, size, type, owner, retained FROM objects ORDER BY id LIMIT 3000"
    rows = checker.rows(target, sql)[0]
    read = list(csv.reader(io.StringIO(checker.query(target, sql, "--format", "csv").stdout, newline="")))
    texts = [["" if value is None else str(value) for value in row.values()] for row in rows]
    checker.expect("CSV and JSON", [list(rows[0]), *texts], read)
    table = checker.query(target, sql).stdout.splitlines()
    checker.expect("lines of the table", len(rows) + 3, len(table))


def into_files(checker, target, folder):
    """A file has what standard output would get, and appears only if the query went well."""
    sql = "SELECT address, type, size FROM objects ORDER BY id LIMIT 500"
    for words in (["--format", "csv"], ["--json"], ["--format", "table"]):
        file = folder / "rows"
        done = checker.query(target, sql, *words, "-o", file)
        checker.expect(f"a file of {words[-1]}", (0, "", checker.query(target, sql, *words).stdout), (done.returncode, done.stdout, file.read_text()))
    for sql, code, said in (("SELECT 1; SELECT 2", 2, "the rows of one statement"), ("CREATE TEMP TABLE t AS SELECT 1", 2, "no rows that a file could have"),
                            ("SELECT id AS x FROM objects UNION ALL SELECT 'a'", 1, "column x of row "), ("SELECT siz", 2, "no such column")):
        file = folder / "none.parquet"
        done = checker.query(target, sql, "--format", "parquet", "-o", file)
        checker.expect(f"no file of {sql}", (code, True, False), (done.returncode, said in done.stderr, file.exists()))


def mistakes(checker, target):
    for sql, said in (("SELECT siz FROM objects", "holdfast: no such column: siz; objects has id, address, "),
                      ("SELECT siz", "holdfast: no such column: siz\n  SELECT siz\n         ^\n"),
                      ("SELECT retained(-1)", "holdfast: retained(-1): there is no such object: ids are below "),
                      ("ATTACH 'x' AS y", "holdfast: not authorized: a query can only read, and make temporary tables\n")):
        done = checker.query(target, sql)
        checker.expect(sql, (2, True, ""), (done.returncode, done.stderr.startswith(said), done.stdout))


def piped(checker, target):
    done = checker.query(target, input=".tables\nSELECT\n 1;\n.schema losses\nSELECT siz FROM objects;\nSELECT 2;", stdin=None)
    checker.expect("a script", (2, True, True, True, False),
                   (done.returncode, "Every allocated object" in done.stdout, "1\n1\n\n1 row" in done.stdout, "remedy" in done.stdout, "2\n2\n" in done.stdout))


def ends_soon(process):
    try:
        return process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return None


def stopped(checker, target, words, what):
    """Ctrl-C in the middle of a query."""
    process = subprocess.Popen([checker.binary, "query", str(target), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not words:
        process.stdin.write(f"SELECT 'begun';{ENDLESS};")
        process.stdin.close()
        process.stdin = None
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    code = ends_soon(process)
    checker.expect(what, (1, True), (code, "stopped on request" in process.stderr.read()))


def on_terminal(checker, target, typed, columns=80, interrupt=False):
    """Returns what stands on a terminal after these lines were typed, and the exit code. The first one can be interrupted."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    process = subprocess.Popen([checker.binary, "query", str(target)], env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text, waiting = "", list(typed)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")  # one read may end inside of a character
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            part = decoder.decode(os.read(ours, 1 << 16))
        except OSError:  # nobody writes any more
            break
        text += part
        if waiting and re.search(r"(holdfast> |\.\.\.> )$", text):
            os.write(ours, (waiting.pop(0) + "\n").encode())
            if interrupt:
                time.sleep(2)
                process.send_signal(signal.SIGINT)
                interrupt = False
    code = ends_soon(process)
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;]*m", "", text.replace("\r\n", "\n")), code


def interrupted(checker, target):
    """Ctrl-C ends the statement, not the prompt."""
    text, code = on_terminal(checker, target, [f"{ENDLESS};", "SELECT 40 + 2;", ".quit"], interrupt=True)
    checker.expect("Ctrl-C in a prompt", (0, True, True), (code, "stopped on request" in text, "42\n\n1 row" in text))


def prompt(checker, target):
    text, code = on_terminal(checker, target, ["SELECT id,", "size FROM objects LIMIT 1;", "SELECT siz FROM objects;", ".tabls", "SELECT 40 + 2;", ".quit"])
    checker.expect("the prompt", (0, True, True, True, True, True),
                   (code, "Statements end with a semicolon" in text, "id  size\n" in text, "no such column: siz" in text and "\n         ^\n" in text,
                    "`.help` lists them" in text, "42\n\n1 row" in text))
    text, code = on_terminal(checker, target, ["SELECT type, owner, path(id) FROM objects WHERE reachable LIMIT 50;", ".quit"], 80)
    rows = [line for line in text.split(";\n", 1)[1].splitlines() if line]
    checker.expect("rows that fit", [], [line for line in rows if len(line) > 80])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("holdfast", nargs="?", default=str(cells.ROOT / "build/release/holdfast"))
    parser.add_argument("--release", default="1.26")
    arguments = parser.parse_args()
    checker = Checker(arguments.holdfast)
    with tempfile.TemporaryDirectory(prefix="holdfast-query-") as folder, \
            Fixture(cells.build(cells.Cell(arguments.release, "zoo", "stripped"))) as fixture:
        hold, core = pathlib.Path(folder) / "zoo.hold", fixture.core(pathlib.Path(folder) / "core")
        Holdfast(checker.binary, fixture.pid).run(["capture", fixture.pid, "-o", hold])
        for kind, target in (("live", fixture.pid), ("core", core), ("hold", hold)):
            compare(checker, kind, target)
            is_consistent(checker, kind, target)
        formats(checker, hold)
        into_files(checker, hold, pathlib.Path(folder))
        mistakes(checker, hold)
        piped(checker, hold)
        stopped(checker, fixture.pid, [ENDLESS], "a stopped query")
        stopped(checker, hold, [], "a stopped script")
        prompt(checker, hold)
        interrupted(checker, hold)
        checker.expect("the process is unharmed", [], fixture.alarms())
    print(f"{checker.passed} passed, {checker.failed} failed")
    return 1 if checker.failed else 0


if __name__ == "__main__":
    sys.exit(main())
