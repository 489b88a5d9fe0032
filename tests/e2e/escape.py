#!/usr/bin/env python3
"""Checks what `holdfast escape` says of a program whose lines say themselves what is to be said of them (escape/main.go).

  tests/e2e/escape.py                        one release
  tests/e2e/escape.py --releases 1.19,1.27

Compared are the expectations of the lines; the decisions with the lines that the compiler writes with -m; the calls that judge
them with the compiler's own listing of the machine code (-S); bytes in use with what the program keeps, by its profile and from
the running process; and that what is damaged is refused with a reason. Ends with `N passed, N failed`.
"""
import argparse
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import cells

SOURCE = cells.HERE / "escape"
KEPT = 500 * 48  # bytes of the nodes that the program keeps


class Bench:
    """The program in a folder of its own, and holdfast beside it under one release of Go."""

    def __init__(self, holdfast, release, folder):
        self.holdfast, self.release, self.folder = holdfast, release, pathlib.Path(folder)
        for file in SOURCE.iterdir():
            shutil.copy(file, self.folder)

    def run(self, *words, stdin=b"", check=True, folder=None, flags=""):
        return subprocess.run([cells.ROOT / "tools/go_release", self.release, "--", *map(str, words)], cwd=folder or self.folder,
                              input=stdin, env=cells.plain_environment() | {"CGO_ENABLED": "0", "GOFLAGS": flags}, capture_output=True,
                              check=check, timeout=300)

    def escape(self, way, *words, **where):
        done = self.run(self.holdfast, "escape", way, "--top", 0, "--json", *words, check=False, **where)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return json.loads(done.stdout)["escape"]


def expectations(release):
    """Yields (line, verdict, code, call) of the comments in the source."""
    minor = cells.minor(release)
    for number, line in enumerate((SOURCE / "main.go").read_text().splitlines(), 1):
        for one in line.partition("//= ")[2].split(";"):
            found = re.fullmatch(r"\s*(?:(\d+)-(\d*) )?([^|]+) \| (.+?) \|\s?(.*)", one)
            if found and int(found[1] or 0) <= minor <= int(found[2] or 99):
                yield number, found[3], found[4], found[5]


def check_lines(rows, release):
    for line, verdict, code, call in expectations(release):
        there = [row for row in rows if row["file"].endswith("/main.go") and row["line"] == line]
        if not any(row["verdict"] == verdict and row["code"] in code.split("|") and re.match(call or "$", row.get("call") or "")
                   for row in there):
            seen = [(row["verdict"], row["code"], row.get("call")) for row in there]
            yield f"line {line} should be {verdict} | {code} | {call}, and is {seen}"


def check_words(bench):
    """The compiler's own lines, each once."""
    text = bench.run("go", "build", "-gcflags=-m=2", "-o", os.devnull, ".").stderr
    (bench.folder / "m2.txt").write_bytes(text)
    words = {"moved to heap": "moved to heap: {}", "escapes": "{} escapes to heap", "does not escape": "{} does not escape",
             "leaks": "leaking param: {}", "content leaks": "leaking param content: {}", "inlined": "inlining call to {}"}
    theirs = {line for line in text.decode().splitlines()
              if re.search(r"(: moved to heap: | escapes to heap$| does not escape$|: leaking param( content)?: |: inlining call to )", line)
              and " to result " not in line}
    ours = {f"{'' if row['file'].startswith('/') else './'}{row['file']}:{row['line']}:{row['column']}: {words[row['verdict']].format(row['subject'])}"
            for row in bench.escape("read", "m2.txt", "--all") if row["verdict"] in words}
    for line in theirs ^ ours:
        yield f"{'the compiler' if line in theirs else 'holdfast'} alone says {line}"
    wrapped = subprocess.run([bench.holdfast, "escape", "read", "-", "--all", "--top", "0", "--json"], input=text.replace(b"\n", b"\r\n"),
                             capture_output=True, check=True, timeout=60)
    if len(json.loads(wrapped.stdout)["escape"]) != len(bench.escape("read", "m2.txt", "--all")):
        yield "lines that end with CR LF are read otherwise"


ALLOCATORS = re.compile(r"(newobject|newarray|mallocgc|makeslice|growslice|moveSlice|convT|concatstring|slicebytetostring|"
                        r"stringtoslice|makemap|mapassign|makechan|newproc$|deferproc$)")


def check_calls(bench, rows):
    """The calls of each line, as the compiler lists them."""
    listing = bench.run("go", "build", "-gcflags=-S", "-o", os.devnull, ".").stderr.decode()
    found = re.findall(r"/main\.go:(\d+)\)\tCALL\truntime\.([\w.]+)\(SB\)", listing)
    theirs = {(int(line), name) for line, name in found if ALLOCATORS.match(name) and name != "slicebytetostringtmp"}
    ours = {(row["line"], name) for row in rows if row["file"].endswith("/main.go") and row.get("call")
            for name in row["call"].split(", ")}
    if len(theirs) < 15:
        yield f"the listing has {len(theirs)} calls: this shows nothing"
    for one in theirs - ours:
        yield f"the compiler lists {one}, which no row has"
    for one in ours - theirs:
        yield f"a row has {one}, which the compiler does not list"


def check_ways(bench, rows):
    """The same is said however the program is linked and its paths are written."""
    def said(some):
        return sorted((row["line"], row["verdict"], row["subject"], row["code"]) for row in some if row["file"].endswith("main.go"))

    ways = (["-trimpath"], ["-buildmode=pie", "-trimpath", "-ldflags=-s -w"])
    for way in ways:
        if said(bench.escape("build", ".", "--", *way)) != said(rows):
            yield f"{' '.join(way)}: other decisions or rulings"


def check_flags(bench):
    """The user's own -gcflags hold beside ours, wherever they come from."""
    def has_inlined(rows):
        return any(row["verdict"] == "inlined" for row in rows)

    if not has_inlined(bench.escape("build", ".", "--all")):
        yield "nothing is inlined: this shows nothing"
    for flags, words in (("-gcflags=-l", []), ("'-gcflags=-N -l' -trimpath", []), ("-gcflags=all=-l", ["-gcflags=-e"]),
                         ("", ["-gcflags", "-l"]), ("", ["-gcflags=./...=-l -m=1"]), ("-gcflags=-N", ["-tags", "some", "-gcflags=all=-l"])):
        if flags.startswith("'") and cells.minor(bench.release) < 20:
            continue  # Go 1.19 knows no quotes in $GOFLAGS
        rows = bench.escape("build", ".", "--all", "--", *words, flags=flags)
        last = words[-1] if words else flags
        if has_inlined(rows) != ("-l" not in last) or not any(row["code"] == "confirmed" for row in rows):
            yield f"GOFLAGS={flags!r} {words}: what is inlined is {has_inlined(rows)}"
    if cells.minor(bench.release) >= 20:
        rows = bench.escape("build", ".", "--", "-C", bench.folder.name, folder=bench.folder.parent)
        if not any(row["place"].startswith("main.go:") and row["code"] == "confirmed" for row in rows):
            yield f"-C: {[row['place'] for row in rows][:3]}"


TWO = """package main

var kept [][]byte

func main() {
	kept = append(kept, make([]byte, 1000))
	println(len(kept))
}
"""


def check_twins(bench):
    """Two commands of one name: the machine code of both judges."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "go.mod").write_text("module example.com/twins\n\ngo 1.19\n")
        for one in ("a", "b"):
            (root / one / "twin").mkdir(parents=True)
            (root / one / "twin/main.go").write_text(TWO)
        made = {row["file"].split("/")[-3]: row["code"] for row in bench.escape("build", "./...", folder=root)
                if row["subject"].startswith("make")}
        if made != {"a": "confirmed", "b": "confirmed"}:
            yield f"of two commands of one name the code says {made}"


def check_costs(bench):
    """The kept nodes, by the profile and by the graph of the running process."""
    program = bench.folder / "program"
    bench.run("go", "build", "-o", program, ".")
    line = next(number for number, text in enumerate((SOURCE / "main.go").read_text().splitlines(), 1) if "return &node{}" in text)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        profile = bench.folder / "heap.pb.gz"
        profile.write_bytes(base64.b64decode(json.loads(process.stdout.readline())["profile"]))
        for what, holder in ((profile, None), (process.pid, "main.kept")):
            rows = bench.escape("build", ".", "--with", what)
            there = [row for row in rows if row["line"] == line and row["file"].endswith("/main.go") and row.get("in_use")]
            if {row["in_use"] for row in there} != {KEPT}:
                yield f"with {what}: line {line} has {[row.get('in_use') for row in there]} bytes in use, {KEPT} are kept"
            if holder and not any(holder in (row.get("held_by") or "") for row in there):
                yield f"line {line} is held by {[row.get('held_by') for row in there]}"
            if rows[0]["line"] != line and not any(row["in_use"] >= KEPT for row in rows[:1]):
                yield f"with {what}: what costs most comes first, and that is {rows[0]['place']}"
        process.stdin.close()
        process.wait(timeout=30)


def check_forms(bench):
    sarif = json.loads(bench.run(bench.holdfast, "escape", "build", ".", "--as", "sarif").stdout)
    results = sarif["runs"][0]["results"]
    if sarif["version"] != "2.1.0" or len(results) < 10:
        yield f"SARIF has {len(results)} results"
    lsp = json.loads(bench.run(bench.holdfast, "escape", "build", ".", "--as", "lsp").stdout)
    for uri, diagnostics in lsp.items():
        lines = pathlib.Path(uri.removeprefix("file://")).read_text().splitlines() if uri.endswith("/main.go") else None
        for one in diagnostics if lines else ():
            at = one["range"]["start"]
            if at["line"] >= len(lines) or at["character"] > len(lines[at["line"]]):
                yield f"the editors' form is about {at}, which {uri} has not"
    page = bench.run(bench.holdfast, "escape", "build", ".", "--as", "html", "--source", "main.go").stdout.decode()
    text = bench.run(bench.holdfast, "escape", "build", ".", "--as", "source", "--source", "main.go").stdout.decode()
    for form in (page, text):
        if "func variable() *int {" not in form or "moved to heap" not in form:
            yield "the annotated source lacks the code or what is said of it"
    if "<script src" in page or "http://" in page or "https://" in page:
        yield "the page needs other files"


def check_refusals(bench):
    for what, words, said in (("a page", ["read", "-"], "nothing that the compiler says"),
                              ("an empty folder", ["read", tempfile.gettempdir() + "/no such"], "no such"),
                              ("a program that is none", ["read", "m2.txt", "--binary", "go.mod"], "go.mod"),
                              ("a broken build", ["build", "./nowhere"], "nowhere")):
        done = bench.run(bench.holdfast, "escape", *words, stdin=b"<html>404</html>", check=False)
        if done.returncode not in (1, 2) or said not in done.stderr.decode():
            yield f"{what}: exit {done.returncode}, {done.stderr.decode().strip()!r}"
    left = [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("holdfast-escape-")]
    if left:
        yield f"folders stay behind: {left}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast")
    parser.add_argument("--releases", type=lambda text: text.split(","), default=["1.26"])
    arguments = parser.parse_args()
    passed = failed = 0
    for release in arguments.releases:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(arguments.holdfast.resolve(), release, folder)
            rows = bench.escape("build", ".")
            for what, check in (("lines", check_lines(rows, release)), ("words", check_words(bench)), ("calls", check_calls(bench, rows)),
                                ("ways", check_ways(bench, rows)), ("flags", check_flags(bench)), ("twins", check_twins(bench)),
                                ("costs", check_costs(bench)), ("forms", check_forms(bench)), ("refusals", check_refusals(bench))):
                wrong = list(check)
                passed += not wrong
                failed += bool(wrong)
                for one in wrong:
                    print(f"  FAIL {release} {what}: {one}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
