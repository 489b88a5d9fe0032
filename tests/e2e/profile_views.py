#!/usr/bin/env python3
"""Checks how `holdfast profile` looks at profiles against `go tool pprof`: filters, places, differences, sums of several,
source, callers and callees, and profiles that it writes; and that a ladder tells a leak from what only warms up.

  tests/e2e/profile_views.py                        one release
  tests/e2e/profile_views.py --releases 1.19,1.27

The profiles are a Go program's own (programs/profile_ladder), which leaks at one line, fills a cache at another and makes
garbage at a third. Ends with `N passed, N failed`.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import cells

UNCUT = ["-nodecount=1000000", "-nodefraction=0", "-edgefraction=0", "-unit=B"]
NUMBER = r"(-?[\d.]+)B?"
SHARE = r"-?[\d.e+-]+%"
TOP_ROW = re.compile(rf"\s*{NUMBER}\s+{SHARE}\s+{SHARE}\s+{NUMBER}\s+{SHARE}\s+(.*?)(?: \(inline\)| \(partial-inline\))?$")
FILTERS = (
    {"focus": "leak"}, {"focus": "main.go"}, {"ignore": "remember"}, {"hide": "^main\\.work$"}, {"show": "^main\\."}, {"show": "bytes"},
    {"show_from": "main.work"}, {"show_from": "remember", "hide": "Grow"}, {"focus": "work", "ignore": "churn", "show": "main"},
    {"tagfocus": "4kb"}, {"tagfocus": "2kb:"}, {"tagfocus": ":2kb"}, {"tagfocus": "bytes=1kb:2kb"}, {"tagignore": "4kb"},
    {"focus": "no such call"}, {"focus": "profile_ladder"}, {"tagfocus": "tenant=x"})


class Views:
    def __init__(self, holdfast, release, folder):
        self.holdfast, self.release, self.files = holdfast, release, [folder / f"{i}.pb.gz" for i in range(6)]
        self.folder = folder

    def pprof(self, *arguments):
        go = [cells.ROOT / "tools/go_release", self.release, "--", "go", "tool", "pprof"]
        return subprocess.run([*go, *map(str, arguments)], capture_output=True, text=True, check=True, timeout=300).stdout

    def ask(self, *arguments):
        done = subprocess.run([self.holdfast, "profile", *map(str, arguments), "--json", "--top", "0"], capture_output=True, timeout=300)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        answer = json.loads(done.stdout)
        return answer[answer["schema"].removeprefix("holdfast.").partition("/")[0]]

    def their_top(self, *arguments):
        text = self.pprof("-top", *UNCUT, *arguments)
        return {found[3]: (int(found[1]), int(found[2])) for found in map(TOP_ROW.match, text.splitlines()) if found}

    def our_top(self, *arguments):
        rows = self.ask("top", *arguments)
        return {place_of(row): (row["flat"], row["cumulative"]) for row in rows if row["flat"] or row["cumulative"]}


def place_of(row):
    """As pprof writes a place."""
    words = [f"{row['address']:0>16}" if row.get("address") else "", row["function"] or "", row["file"] or ""]
    if row["line"]:
        words[2] += f":{row['line']}"
    if row.get("address"):
        words[0] = f"{int(row['address'], 16):016x}"
    return " ".join(word for word in words if word)


def compare(what, theirs, ours, some=True):
    if some and not theirs:
        yield f"{what}: pprof has nothing: this shows nothing"
    for name in sorted(theirs.keys() | ours.keys()):
        if theirs.get(name) != ours.get(name):
            yield f"{what} of {name}: pprof has {theirs.get(name)}, holdfast {ours.get(name)}"


def filters(views):
    for options in FILTERS:
        theirs = views.their_top(*(f"-{name}={value}" for name, value in options.items()), "-sample_index=alloc_space", views.files[3])
        flags = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), value)]
        ours = views.our_top(views.files[3], "--type", "alloc_space", *flags)
        yield from compare(str(options), theirs, ours, some=False)
        if not theirs and options not in FILTERS[-3:]:
            yield f"{options} leaves nothing: this shows nothing"


def places(views):
    for granularity, by in (("lines", "line"), ("addresses", "address")):
        theirs = views.their_top(f"-{granularity}", "-sample_index=inuse_space", views.files[5])
        yield from compare(by, theirs, views.our_top(views.files[5], "--type", "inuse_space", "--by", by))
    # Newer pprof has a row for each function of a file, and calls it by the file: only flat sums can be compared.
    theirs = {}
    for line in views.pprof("-top", *UNCUT, "-files", "-sample_index=inuse_space", views.files[5]).splitlines():
        if found := TOP_ROW.match(line):
            theirs[found[3]] = theirs.get(found[3], 0) + int(found[1])
    yield from compare("file", theirs, {file: flat for file, (flat, _) in views.our_top(views.files[5], "--type", "inuse_space", "--by", "file").items()})


def differences(views):
    for sample_type in ("alloc_space", "inuse_space", "inuse_objects"):
        theirs = views.their_top(f"-diff_base={views.files[1]}", f"-sample_index={sample_type}", views.files[4])
        rows = views.ask("diff", views.files[1], views.files[4], "--type", sample_type)
        ours = {row["function"]: (row["growth"], row["through"]) for row in rows}
        yield from compare(f"difference of {sample_type}", {k: v for k, v in theirs.items() if any(v)}, {k: v for k, v in ours.items() if any(v)})
        for row in rows:
            if row["least"] is not None and not row["least"] <= row["growth"] <= row["most"]:
                yield f"growth of {row['function']} is out of its bounds: {row}"
    of_leak = [row for row in views.ask("diff", views.files[1], views.files[4]) if row["function"] == "main.leak"][0]
    truth = 3 * 4096 * 4096
    if not of_leak["least"] <= truth <= of_leak["most"] or of_leak["verdict"] != "grew":
        yield f"3 rounds leak {truth}: {of_leak}"


def sums(views):
    yield from compare("sum of two", views.their_top("-sample_index=alloc_objects", *views.files[:2]),
                       views.our_top(*views.files[:2], "--type", "alloc_objects"))


def survival(views):
    tops = {sample_type: views.our_top(views.files[5], "--type", sample_type) for sample_type in ("alloc_space", "inuse_space", "inuse_objects")}
    for row in views.ask("survival", views.files[5]):
        flats = tuple(tops[t].get(row["function"], (0, 0))[0] for t in tops)
        if flats != (row["allocated"], row["in_use"], row["in_use_objects"]) or row["freed"] != row["allocated"] - row["in_use"]:
            yield f"{row} is not {flats}"


def listed(views):
    """Flat and cumulative of each line of a function, with the source beside it."""
    text = views.pprof("-list=main.work$|main.remember$", "-unit=B", "-sample_index=alloc_space", views.files[3])
    theirs = {}
    for line in text.splitlines():
        if found := re.match(r"\s*(\d+B|\.)\s+(\d+B|\.)\s+(\d+):(.*)", line):
            if (found[1], found[2]) != (".", "."):
                flat, cumulative = (0 if word == "." else int(word[:-1]) for word in (found[1], found[2]))
                theirs[int(found[3])] = (flat, cumulative, found[4].strip())
    ours = {}
    for row in views.ask("list", "main.work$|main.remember$", views.files[3], "--type", "alloc_space"):
        for line in row["lines"]:
            if line["flat"] or line["cumulative"]:
                ours[line["line"]] = (line["flat"], line["cumulative"], (line["source"] or "").strip())
    yield from compare("line", theirs, ours)


def neighbours(views):
    """Who calls main.work and main.remember, and what they call."""
    text = views.pprof("-peek=main.work$|main.remember$", "-unit=B", "-sample_index=alloc_space", views.files[3])
    theirs, callers, node = {}, [], None
    for line in text.splitlines():
        if line.startswith("---"):
            callers, node = [], None
        elif found := re.match(r"\s*(\d+)B\s+[\d.]+%\s+\|\s+(\S+)(?: \(inline\))?$", line):
            if node is None:
                callers.append((found[2], int(found[1])))
            else:
                theirs[node, "calls", found[2]] = int(found[1])
        elif found := re.match(r".*%\s+\|\s+(\S+)$", line):
            node = found[1]
            theirs.update({(node, "called by", name): value for name, value in callers})
    ours = {(row["place"], one["relation"], one["place"]): one["value"]
            for row in views.ask("peek", "main.work$|main.remember$", views.files[3], "--type", "alloc_space") for one in row["neighbours"]}
    yield from compare("calls", theirs, ours)


def tags(views):
    rows = views.ask("tags", views.files[3], "--type", "inuse_space")
    total = sum(flat for flat, _ in views.our_top(views.files[3], "--type", "inuse_space").values())
    if sum(row["value"] for row in rows) != total or {row["key"] for row in rows} != {"bytes"} or 4096 not in {row["number"] for row in rows}:
        yield f"labels of {total} bytes: {rows}"


def samples(views):
    rows = views.ask("raw", views.files[3], "--type", "inuse_space")
    total = sum(int(row["values"].split()[3]) for row in rows)
    of_leak = [row for row in rows if row["stack"] and row["stack"][0]["function"] == "main.leak"]
    if total != sum(flat for flat, _ in views.our_top(views.files[3], "--type", "inuse_space").values()) or not of_leak:
        yield f"{len(rows)} samples of {total} bytes, {len(of_leak)} of main.leak"


def written(views):
    """What is written for other tools has the same sums: read by pprof, and added up here."""
    file = views.folder / "out.pb.gz"
    def write(*arguments):
        subprocess.run([views.holdfast, "profile", *map(str, arguments)], check=True, timeout=300)
    write("top", views.files[3], "--hide", "main.work", "-o", file)
    yield from compare("what is written", views.their_top("-hide=main.work", "-sample_index=inuse_space", views.files[3]),
                       views.their_top("-sample_index=inuse_space", file))
    write("diff", views.files[1], views.files[4], "-o", file)
    theirs = views.their_top(f"-base={views.files[1]}", "-sample_index=alloc_space", views.files[4])
    yield from compare("the difference that is written", {k: v for k, v in theirs.items() if any(v)},
                       {k: v for k, v in views.their_top("-sample_index=alloc_space", file).items() if any(v)})
    total = sum(flat for flat, _ in views.our_top(views.files[3], "--type", "inuse_space").values())
    scope = views.folder / "out.speedscope.json"
    write("top", views.files[3], "--type", "inuse_space", "-o", scope)
    document = json.loads(scope.read_text())
    if [sum(one["weights"]) for one in document["profiles"]] != [total]:
        yield f"speedscope has {[sum(one['weights']) for one in document['profiles']]} of {total} bytes"
    picture = views.folder / "out.svg"
    write("top", views.files[3], "-o", picture)
    root = xml.etree.ElementTree.fromstring(picture.read_text())
    named = {box.get("data-n"): float(box.get("data-w")) for box in root.iter("{http://www.w3.org/2000/svg}g") if box.get("data-n")}
    of_leak = views.our_top(views.files[3])["main.leak"][1] / sum(flat for flat, _ in views.our_top(views.files[3]).values())
    if named.get("all") != 1 or abs(named.get("main.leak", 0) - of_leak) > 1e-6:
        yield f"the flame graph has main.leak as {named.get('main.leak')}, and it is {of_leak}"


def ladder(views):
    rows = views.ask("ladder", *reversed(views.files))
    of = {(row["function"], row["course"]) for row in rows}
    for function, course in (("main.leak", "rises"), ("bytes.growSlice" if ("bytes.growSlice", "warmed up") in of else "bytes.makeSlice", "warmed up")):
        if (function, course) not in of and not (course == "warmed up" and any(f.startswith("bytes.") and c == course for f, c in of)):
            yield f"{function} should be {course!r}: {sorted(of)}"
    if rows[0]["function"] != "main.leak":
        yield f"the leak does not come first: {rows[0]}"
    if [row for row in rows if row["course"] == "rises" and row["function"] != "main.leak"]:
        yield f"others rise, too: {sorted(of)}"


def ladder_by_collections(views):
    """The texts of heap profiles count collections: growth with each is growth over their number."""
    texts = [pathlib.Path(str(file).replace(".pb.gz", ".txt")) for file in views.files]
    cycles = [int(re.search(r"# NumGC = (\d+)", text.read_text()).group(1)) for text in texts]
    rows = [row for row in views.ask("ladder", *texts) if row["function"] == "main.leak"]
    middle = len(texts) // 2
    if not rows or rows[0]["per_cycle"] != int(rows[0]["later"] / (cycles[-1] - cycles[middle])):
        yield f"main.leak grows with each of {cycles[-1] - cycles[middle]} collections: {rows}"
    if any(row["per_cycle"] is not None for row in views.ask("ladder", *views.files)):
        yield "profile.proto does not count collections"


CHECKS = (ladder_by_collections, filters, places, differences, sums, survival, listed, neighbours, tags, samples, written, ladder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast")
    parser.add_argument("--releases", type=lambda text: text.split(","), default=["1.26"])
    arguments = parser.parse_args()
    passed = failed = 0
    for release in arguments.releases:
        program = cells.build(cells.Cell(release, "profile_ladder", "dwarf"))
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([program, folder], check=True, capture_output=True, timeout=120)
            views = Views(arguments.holdfast, release, pathlib.Path(folder))
            for check in CHECKS:
                wrong = list(check(views))
                passed += not wrong
                failed += bool(wrong)
                for one in wrong[:10]:
                    print(f"  FAIL {release} {check.__name__}: {one}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
