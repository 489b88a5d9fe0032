#!/usr/bin/env python3
"""Reads exported files with the tools that they are for, and compares what these say with what holdfast says.

  tests/e2e/exports.py                                 one release, pprof, speedscope, DevTools, graphviz
  tests/e2e/exports.py --releases 1.19,1.27 --modes stripped
  tests/e2e/exports.py --only pprof,heapsnapshot
  tests/e2e/exports.py --only tables               JSON lines, and CSV and Parquet of queries, in DuckDB and pyarrow
  tests/e2e/exports.py --only parca                profiles in a Parca server, which is built first
  tests/e2e/exports.py --only memlab               heap snapshots in memlab
  tests/e2e/exports.py --only hprof                HPROF in VisualVM's heap library (needs a JDK)

Sums are compared with the report and with queries on the same capture, what each object and type keeps alive one by one.
The readers are installed at fixed versions into build/readers. checks_test.py has a fault for each comparison. Ends with
`N passed, N failed`.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import cells
import heap_profile
import parca
from processes import Broken, Fixture, Holdfast

READERS = cells.ROOT / "build/readers"
SOURCES = cells.HERE / "readers"
PROGRAMS = ("zoo", "owners")
MOST_SAMPLES = 100_000
TABLES = ("duckdb==2.0.1", "pyarrow==26.0.1")
MEMLAB = "@memlab/core@2.0.5"
SECONDS = 600
ARENA = 1 << 26
FIRST_OTHER = 0xF0000000  # numbers of nodes that are no objects
MOST_DISTANCE = 10_000_000  # DevTools adds more to what it takes for unreachable


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=SECONDS, **options)
    if done.returncode != 0:
        raise Broken(f"`{' '.join(map(str, words))}` ended with {done.returncode}: {(done.stderr or done.stdout)[-600:]}")
    return done.stdout


def install_tables():
    """Large, so only where they are asked for."""
    stamp = READERS / "python" / "installed"
    if not stamp.exists() or stamp.read_text() != " ".join(TABLES):
        shutil.rmtree(READERS / "python", ignore_errors=True)
        run(sys.executable, "-m", "pip", "install", "--quiet", "--target", READERS / "python", *TABLES)
        stamp.write_text(" ".join(TABLES))


def memlab():
    """Returns the folder of memlab's packages. It would fetch a browser, which its reader does not need."""
    folder = READERS / "memlab"
    if not (folder / "installed").exists() or (folder / "installed").read_text() != MEMLAB:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--prefix", folder, MEMLAB,
            cwd=folder, env={**os.environ, "PUPPETEER_SKIP_DOWNLOAD": "1"})
        (folder / "installed").write_text(MEMLAB)
    return folder / "node_modules"


def install_readers(only):
    """Installs the packages once, and bundles the reader of DevTools."""
    wanted = (SOURCES / "package.json").read_text()
    if not (READERS / "package.json").exists() or (READERS / "package.json").read_text() != wanted:
        shutil.rmtree(READERS, ignore_errors=True)
        READERS.mkdir(parents=True)
        (READERS / "new.json").write_text(wanted)
        run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--prefix", READERS,
            *(f"{name}@{version}" for name, version in json.loads(wanted)["dependencies"].items()), cwd=READERS)
        (READERS / "package.json").write_text(wanted)
    if "tables" in only:
        install_tables()
    run("node", SOURCES / "bundle.cjs", SOURCES / "heapsnapshot.ts", READERS / "heapsnapshot.mjs", READERS / "node_modules")


class Profile:
    """What a profile of what holds what says. Unlike pprof it insists on numbers as Parca does: 1, 2, 3 ... in the file's order."""

    def __init__(self, zipped):
        self.wrong, parts = [], collections.defaultdict(list)
        whole = gzip.decompress(zipped)
        for number, value in heap_profile.fields(whole):
            parts[number].append(value)
        self.texts = [text.decode() for text in parts[6]]
        for number, what in ((3, "mappings"), (4, "locations"), (5, "functions")):
            if [heap_profile.one(part)[1] for part in parts[number]] != list(range(1, len(parts[number]) + 1)):
                self.wrong.append(f"{what} are not numbered 1, 2, 3 ...")
        if self.texts[0]:
            self.wrong.append(f"the first text is {self.texts[0]!r}")
        functions = [heap_profile.one(part) for part in parts[5]]
        self.functions = [(self.texts[one[2]], self.texts[one[3]]) for one in functions]
        self.of_location = []
        for part in parts[4]:
            lines = [heap_profile.one(value) for number, value in heap_profile.fields(part) if number == 4]
            if len(lines) != 1:
                self.wrong.append(f"a location has {len(lines)} lines")
            self.of_location.append(lines[0][1] - 1)
        self.comments = [self.texts[row] for row in heap_profile.numbers(whole, 13)]
        self.stacks = collections.Counter()
        self.bytes = self.objects = 0
        self.by_label = collections.Counter()
        for sample in parts[2]:
            stack = tuple(self.of_location[number - 1] for number in heap_profile.numbers(sample, 1))
            objects, size = heap_profile.numbers(sample, 2)
            if stack in self.stacks:
                self.wrong.append(f"a stack is there twice: {stack}")
            self.stacks[stack] = size
            self.bytes, self.objects = self.bytes + size, self.objects + objects
            for label in (heap_profile.one(value) for number, value in heap_profile.fields(sample) if number == 3):
                self.by_label[self.texts[label[1]], self.texts[label[2]]] += size
        if len(self.stacks) > MOST_SAMPLES:
            self.wrong.append(f"{len(self.stacks)} samples")

    def sums(self, name=0):
        """{name: [flat, cumulative]} by the name of a function, or by its system name."""
        found = collections.defaultdict(lambda: [0, 0])
        for stack, size in self.stacks.items():
            found[self.functions[stack[0]][name]][0] += size
            for text in {self.functions[frame][name] for frame in stack}:
                found[text][1] += size
        return dict(found)


class Truth:
    """What holdfast says of the capture otherwise."""

    def __init__(self, heap, types, objects, arena):
        self.bytes, self.live_objects = heap["reachable_bytes"], heap["reachable_objects"]
        self.types = {row["type"]: row for row in types}
        self.objects = {int(row["address"], 16): row for row in objects}
        self.arena = arena

    @classmethod
    def of(cls, binary, hold):
        holdfast = Holdfast(binary, hold)
        query = lambda sql: json.loads(run(binary, "query", hold, sql, "--json"))
        first = query("SELECT min(address) AS first FROM spans")[0]["first"]
        return cls(holdfast.answer("report")["heap"], holdfast.answer("types")["types"],
                   query("SELECT address, type, size, retained FROM objects WHERE reachable"), first // ARENA * ARENA)


def differ(what, wanted, got):
    if wanted != got:
        yield f"{what}: {wanted} wanted, {got} found"


def read_top(file, release):
    """{name: (flat, cumulative)} as `go tool pprof` prints them."""
    go = [cells.ROOT / "tools/go_release", release, "--", "go", "tool", "pprof"]
    text = run(*go, "-top", "-nodecount=1000000", "-nodefraction=0", "-edgefraction=0", "-unit=B", "-sample_index=inuse_space", file)
    rows = {}
    for line in text.splitlines():
        found = re.match(r"\s*(\d+)B?\s+[\d.e+-]+%\s+[\d.e+-]+%\s+(\d+)B?\s+[\d.e+-]+%\s+(.*)$", line)
        if found:
            rows[found[3]] = [int(found[1]), int(found[2])]
    return rows, run(*go, "-comments", file)


def check_pprof(binary, hold, truth, release, folder):
    for of in ("paths", "dominators"):
        file = folder / f"{of}.pb.gz"
        run(binary, "export", hold, "--as", "pprof", "--of", of, "-o", file)
        profile = Profile(file.read_bytes())
        yield from wrong_profile(profile, truth, of)
        rows, comments = read_top(file, release)
        if "live object" not in comments:
            yield f"pprof shows no comment: {comments!r}"
        yield from wrong_rows(profile, rows, of)


def wrong_profile(profile, truth, of):
    yield from profile.wrong
    yield from differ(f"bytes by {of}", truth.bytes, profile.bytes)
    yield from differ(f"objects by {of}", truth.live_objects, profile.objects)
    if of == "dominators":
        yield from retained_by_type(profile, truth)
    yield from own_by_type(profile, truth, of)


def wrong_rows(profile, rows, of):
    """Names in pprof must be as they were written, also those with brackets and parentheses."""
    wanted = profile.sums()
    yield from differ(f"names and sums of pprof by {of}", {}, {n: (s, rows.get(n)) for n, s in wanted.items() if rows.get(n) != s})
    yield from differ(f"number of names by {of}", len(wanted), len(rows))


def is_plain(name):
    """Structures of the program's own: containers and what belongs to them count as one thing in a profile."""
    return re.fullmatch(r"main\.\w+", name)


def retained_by_type(profile, truth):
    sums, compared = profile.sums(name=1), 0
    for name, row in truth.types.items():
        if not is_plain(name) or f"type:[]{name}" in sums:
            continue
        compared += 1
        yield from differ(f"what {name} keeps alive", row["retained"], sums.get(f"type:{name}", [0, 0])[1])
    if not compared:
        yield "no type was compared"


def own_by_type(profile, truth, of):
    own = collections.Counter()
    for row in truth.objects.values():
        own[row["type"] or ""] += row["size"]
    for name in filter(is_plain, own):
        found = sum(profile.by_label["type", text] for text in (name, f"[]{name}", f"{name}…"))
        yield from differ(f"bytes of {name} by labels of {of}", own[name], found)


def check_parca(binary, hold, truth, release, folder):
    """A server that stores profiles takes ours and gives the same back."""
    with parca.Parca(folder) as server:
        for of in ("paths", "dominators"):
            file = folder / f"{of}.pb.gz"
            run(binary, "export", hold, "--as", "pprof", "--of", of, "-o", file)
            server.push(of, file.read_bytes())
            yield from wrong_in_parca(sums_by_function(server.bytes_in_use(of), 0), sums_by_function(file.read_bytes(), 1), truth.bytes, of)


def wrong_in_parca(got, wanted, total, of):
    yield from differ(f"bytes in Parca by {of}", total, sum(own for own, _ in got.values()))
    yield from differ(f"functions in Parca by {of}", {}, {name: (sums, got.get(name)) for name, sums in wanted.items() if got.get(name) != sums})
    yield from differ(f"number of functions in Parca by {of}", len(wanted), len(got))


def check_speedscope(binary, hold, truth, release, folder):
    read_file = lambda file: json.loads(run("node", SOURCES / "speedscope.mjs", READERS / "node_modules/speedscope", file))
    for of in ("paths", "dominators"):
        file, profile_file = folder / f"{of}.speedscope.json", folder / f"{of}.pb.gz"
        run(binary, "export", hold, "--of", of, "-o", file)
        run(binary, "export", hold, "--of", of, "-o", profile_file)
        yield from wrong_speedscope(read_file(file), Profile(profile_file.read_bytes()), truth, of)
        # It reads profiles for pprof, too.
        yield from differ(f"bytes of the pprof file in speedscope by {of}", truth.bytes, read_file(profile_file)["profiles"][0]["total"])


    file, profile_file = folder / "allocations.speedscope.json", folder / "allocations.pb.gz"
    done = [subprocess.run([binary, "export", hold, "--of", "allocations", "-o", one], capture_output=True, text=True, timeout=SECONDS) for one in (file, profile_file)]
    if "there is no memory profile: no code of the program reads it" in done[1].stderr:  # the linker of some releases
        yield from differ("what speedscope's export says without a profile", done[1].stderr, done[0].stderr)
        return
    yield from differ("exports of allocations", [(0, ""), (0, "")], [(one.returncode, one.stderr) for one in done])
    yield from wrong_allocations(read_file(file), allocations_of(profile_file.read_bytes()))


def sums_by_function(zipped, *of_value):
    """{function: [flat, cumulative]} of the values of a profile with these numbers: a list of them, or the only one."""
    parts = collections.defaultdict(list)
    for number, value in heap_profile.fields(gzip.decompress(zipped)):
        parts[number].append(value)
    texts = [text.decode() for text in parts[6]]
    names = {one[1]: texts[one.get(2, 0)] for one in map(heap_profile.one, parts[5])}
    lines = {heap_profile.one(part)[1]: [names[heap_profile.one(value)[1]] for number, value in heap_profile.fields(part) if number == 4] for part in parts[4]}
    sums = [collections.defaultdict(lambda: [0, 0]) for _ in of_value]
    for sample in parts[2]:
        stack = [name for number in heap_profile.numbers(sample, 1) for name in lines[number]] or ["(unknown)"]
        values = heap_profile.numbers(sample, 2)
        for found, value in zip(sums, (values[number] for number in of_value)):
            found[stack[0]][0] += value
            for name in set(stack):
                found[name][1] += value
    return [*map(dict, sums)] if len(sums) > 1 else dict(sums[0])


def allocations_of(zipped):
    """{what: {function: [flat, cumulative]}} of a heap profile."""
    allocated_objects, allocated, in_use_objects, in_use = sums_by_function(zipped, 0, 1, 2, 3)
    return {"in use: bytes": in_use, "in use: objects": in_use_objects, "allocated: bytes": allocated, "allocated: objects": allocated_objects}


def wrong_allocations(read, wanted):
    got = {one["name"]: {name: [own, total] for name, (total, own, *_) in one["frames"].items()} for one in read["profiles"]}
    yield from differ("profiles of allocations", list(wanted), list(got))
    without_zeros = lambda sums: {name: pair for name, pair in sums.items() if pair != [0, 0]}
    for what in wanted:
        yield from differ(f"functions of {what}", without_zeros(wanted[what]), without_zeros(got.get(what, {})))
    if not any(wanted["in use: bytes"].values()):
        yield "no allocation was compared"


def wrong_speedscope(read, profile, truth, of):
    sums, objects = read["profiles"]
    yield from differ(f"bytes of speedscope by {of}", (truth.bytes, "bytes"), (sums["total"], sums["unit"]))
    yield from differ(f"objects of speedscope by {of}", truth.live_objects, objects["total"])
    got = {name: [own, total] for name, (total, own, *_) in sums["frames"].items()}
    yield from differ(f"frames of speedscope by {of}", profile.sums(), got)


def check_heapsnapshot(binary, hold, truth, release, folder):
    file, few = folder / "it.heapsnapshot", len(truth.objects) // 4
    for most, options in ((len(truth.objects), ()), (few, ("--nodes", few))):
        run(binary, "export", hold, *options, "-o", file)
        read = json.loads(run("node", "--max-old-space-size=4096", READERS / "heapsnapshot.mjs", file))
        yield from wrong_heapsnapshot(read, truth, most)


def wrong_heapsnapshot(read, truth, most):
    """`most`: of objects that may have nodes of their own."""
    yield from differ("bytes in DevTools", truth.bytes, read["total"])
    wanted = {address: (row["size"], row["retained"]) for address, row in truth.objects.items()}
    objects = {truth.arena + (number - 1) * 8: (size, kept) for number, _, size, kept, _, _ in read["objects"] if number < FIRST_OTHER}
    if not (len(objects) == most if most == len(wanted) else most // 4 < len(objects) <= most):
        yield f"{len(objects)} of {len(wanted)} objects have nodes, {most} may have"
    wrong = [(hex(address), wanted.get(address), sizes) for address, sizes in objects.items() if wanted.get(address) != sizes]
    yield from differ("sizes in DevTools", [], wrong[:5])
    if any(distance > MOST_DISTANCE for *_, distance, _ in read["objects"]):
        yield "DevTools takes some nodes for unreachable"


def check_memlab(binary, hold, truth, release, folder):
    file = folder / "it.heapsnapshot"
    run(binary, "export", hold, "-o", file)
    yield from wrong_memlab(json.loads(run("node", "--max-old-space-size=4096", SOURCES / "memlab.cjs", memlab(), file)), truth)


def wrong_memlab(read, truth):
    yield from differ("bytes in memlab", truth.bytes, read["total"])
    wanted = {address: (row["size"], row["retained"]) for address, row in truth.objects.items()}
    got = {truth.arena + (number - 1) * 8: (size, kept) for number, _, size, kept in read["objects"] if number < FIRST_OTHER}
    yield from differ("objects in memlab", [], sorted(set(wanted) ^ set(got))[:5])
    yield from differ("sizes in memlab", [], [(hex(at), wanted[at], got[at]) for at in wanted if at in got and wanted[at] != got[at]][:5])


def check_json_lines(binary, hold, truth, release, folder):
    file = folder / "heap.jsonl"
    run(binary, "export", hold, "-o", file)
    sql = "SELECT count(*) AS n FROM edges e LEFT JOIN objects o ON o.id = e.source WHERE e.root IS NOT NULL OR o.reachable"
    pointers = json.loads(run(binary, "query", hold, sql, "--json"))[0]["n"]
    yield from wrong_lines([json.loads(line) for line in file.read_text().splitlines()], truth, pointers)


def wrong_lines(lines, truth, pointers):
    rows = collections.defaultdict(list)
    for line in lines:
        rows[line["row"]].append(line)
    yield from differ("bytes in the first line", [truth.bytes], [row["bytes"] for row in rows["heap"]])
    wanted = {address: (row["size"], row["retained"]) for address, row in truth.objects.items()}
    got = {int(row["id"], 16): (row["bytes"], row["retained"]) for row in rows["object"]}
    yield from differ("objects", [], sorted(set(wanted.items()) ^ set(got.items()))[:3])
    known = {row["id"] for row in rows["object"] + rows["root"]}
    yield from differ("pointers to nothing", [], [row for row in rows["pointer"] if not {row["to"], row["from"]} <= known][:3])
    yield from differ("pointers", pointers, len(rows["pointer"]))


def check_pictures(binary, hold, truth, release, folder):
    """Pictures of the type of which there are most: graphviz must read them, and draw each box once."""
    counts = collections.Counter(row["type"] for row in truth.objects.values() if row["type"] and is_plain(row["type"]))
    if not counts:
        yield "there is no type to draw"
        return
    name = counts.most_common(1)[0][0]
    for of, most in (("path", 200), ("neighbourhood", 200), ("neighbourhood", 12)):
        dot, svg = folder / "it.dot", folder / "it.svg"
        for file in (dot, svg):
            run(binary, "export", hold, f"type:{name}", "--of", of, "--nodes", most, "-o", file)
        plain = [line.split(" ")[0] for line in run("dot", "-Tplain", dot).splitlines()]
        drawn = xml.etree.ElementTree.parse(svg).getroot()
        kinds = collections.Counter(group.get("class") for group in drawn.iter("{http://www.w3.org/2000/svg}g"))
        yield from wrong_picture(of, most, dot.read_text(), collections.Counter(plain), kinds)
    asked = [row for row in truth.objects.values() if row["type"] == name]
    if f"{len(asked):,} × {name}" not in dot.read_text() and len(asked) > 12:
        yield f"the {len(asked)} {name} are in no box together"


def wrong_picture(of, most, dot, plain, kinds):
    boxes, arrows = len(re.findall(r"^  b\d+ \[", dot, re.M)), len(re.findall(r"^  b\d+ -> b\d+ \[", dot, re.M))
    if not 1 < boxes <= most:
        yield f"{boxes} boxes of {of}, {most} may be there"
    yield from differ(f"boxes and arrows of {of} in graphviz", (boxes, arrows), (plain["node"], plain["edge"]))
    yield from differ(f"boxes and arrows of {of} in the SVG", (boxes, arrows), (kinds["node"], kinds["edge"]))


def check_tables(binary, hold, truth, release, folder):
    """JSON lines, and what a query answers as CSV, in DuckDB and pyarrow."""
    lines, csv = folder / "heap.jsonl", folder / "objects.csv"
    run(binary, "export", hold, "-o", lines)
    csv.write_text(run(binary, "query", hold, "SELECT address, type, size FROM objects WHERE reachable", "--format", "csv"))
    read = run(sys.executable, SOURCES / "tables.py", lines, csv, env={**os.environ, "PYTHONPATH": str(READERS / "python")})
    yield from wrong_tables(json.loads(read), truth)


    yield from check_parquet(binary, hold, folder)


# What a query answers, the types of its columns in DuckDB, and how many groups of rows there are.
ODD = """SELECT * FROM (VALUES (1, -9223372036854775807 - 1, -0.5, '', X'00FF', NULL, 1, 'a'), (2, 9223372036854775807, 1e300, 'naïve ≤ "x", y', X'', NULL, 0.25, NULL),
         (3, NULL, NULL, NULL, NULL, NULL, NULL, 'c'))"""
PARQUET = (
    ("SELECT * FROM objects", None, 1),
    ("SELECT id, id, address, address + 0 AS number, type, retained FROM objects ORDER BY size DESC, id", ["BIGINT", "BIGINT", "VARCHAR", "BIGINT", "VARCHAR", "BIGINT"], 1),
    ("SELECT * FROM roots", None, 1),
    ("SELECT * FROM objects WHERE id < 0", None, 0),
    (ODD, ["BIGINT", "BIGINT", "DOUBLE", "VARCHAR", "BLOB", "VARCHAR", "DOUBLE", "VARCHAR"], 1),
    ("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, iif(i % 3, -i, NULL) AS x, iif(i > 200000, i / 4.0, NULL) AS late, 'text ' || (i % 1000) AS t FROM n",
     ["BIGINT", "BIGINT", "DOUBLE", "VARCHAR"], 3),
)


def check_parquet(binary, hold, folder):
    file = folder / "rows.parquet"
    for sql, types, groups in PARQUET:
        run(binary, "query", hold, sql, "--format", "parquet", "-o", file)
        read = json.loads(run(sys.executable, SOURCES / "parquet.py", file, env={**os.environ, "PYTHONPATH": str(READERS / "python")}))
        wanted = json.loads(run(binary, "query", hold, sql, "--json"))
        yield from (f"{complaint} of `{sql[:60]}`" for complaint in wrong_parquet(read, wanted, types, groups))


def wrong_parquet(read, wanted, types, groups):
    """`wanted`: the rows as JSON."""
    rows = [list(row.values()) for row in wanted]
    for reader in ("duckdb", "pyarrow"):
        if wanted:
            yield from differ(f"columns in {reader}", list(wanted[0]), read[reader]["names"])
        yield from differ(f"number of rows in {reader}", len(rows), len(read[reader]["rows"]))
        yield from differ(f"values in {reader}", [], [pair for pair in zip(rows, read[reader]["rows"]) if pair[0] != pair[1]][:2])
    if types:
        yield from differ("types in duckdb", types, read["duckdb"]["types"])
    yield from differ("groups of rows", groups, read["pyarrow"]["groups"])


def wrong_tables(read, truth):
    for reader in ("duckdb", "pyarrow"):
        yield from differ(f"lines in {reader}", [truth.live_objects, truth.bytes, len(truth.objects)], read["lines"][reader])
        yield from differ(f"CSV in {reader}", [truth.live_objects, truth.bytes, str(sum(truth.objects))], read["csv"][reader])


def visualvm():
    """Returns VisualVM's heap library, which Debian has."""
    if shutil.which("java") is None:
        run(cells.ROOT / "tools/install_packages", "java")
    folder = READERS / "visualvm"
    if not (folder / "packages").exists():
        run(cells.ROOT / "tools/install_packages", "unpack", "bookworm", folder, "visualvm")
    return folder / "usr/share/visualvm/visualvm/modules/org-graalvm-visualvm-lib-jfluid-heap.jar"


def check_hprof(binary, hold, truth, release, folder):
    # VisualVM's index beside a file is used again for another file of that name, whatever is in it.
    file = folder / f"{len(list(folder.iterdir()))}.hprof"
    said = subprocess.run([binary, "export", hold, "-o", file], capture_output=True, text=True, timeout=SECONDS)
    if said.returncode != 0:
        raise Broken(said.stderr)
    query = lambda sql: [list(row.values()) for row in json.loads(run(binary, "query", hold, sql, "--json"))]
    wanted = {
        "objects": {row[0]: row[1:] for row in query("SELECT id, address, size, retained FROM objects WHERE reachable")},
        "edges": {row[0]: row[1:] for row in query("SELECT source, count(*), sum(target) FROM edges JOIN objects o ON o.id = source WHERE o.reachable GROUP BY source")},
        "roots": sorted(row[0] for row in query("SELECT target FROM edges WHERE root IS NOT NULL")),
        "dominators": dict(query("SELECT id, dominator FROM objects WHERE dominator IS NOT NULL")),
        "only": dict(query("SELECT target, min(source) FROM edges JOIN objects o ON o.id = source WHERE o.reachable AND source <> target GROUP BY target HAVING count(DISTINCT source) = 1")),
        "goids": {row[0] for row in query("SELECT goid FROM goroutines")},
    }
    yield from wrong_hprof(json.loads(run("java", "-cp", visualvm(), SOURCES / "Hprof.java", file)), wanted, said.stderr)


def roots_below(wanted):
    """VisualVM 2.1.5 counts an object on a stack or in a variable as kept alive by the one object that refers to it and to another: by row,
    how much too many bytes that can be (findings/visualvm_counts_roots_below_others.sh)."""
    more = collections.Counter()
    for row in set(wanted["roots"]):
        holder = wanted["only"].get(row)
        while holder is not None:
            more[holder] += wanted["objects"][row][2]
            holder = wanted["dominators"].get(holder)
    return more


def wrong_hprof(read, wanted, said):
    """Objects have numbers in the file that follow from their row: one shift for all. `said`: what holdfast said of the file."""
    ours = [row for row in read["objects"] if row[1].startswith("java.lang.")]
    names = {row[6] for row in ours if row[1] == "java.lang.String"}
    programs = {row[0]: row for row in read["objects"] if row not in ours and row[0] not in names}
    by_address = {int(address, 16): row for row, (address, _, _) in wanted["objects"].items()}
    shifts = {number - by_address.get(one[4], -1) for number, one in programs.items() if one[4]}
    if len(shifts) != 1:
        yield f"addresses and numbers of objects do not go together: {sorted(shifts)[:5]}"
        return
    shift = shifts.pop()
    got = {number - shift: one for number, one in programs.items()}
    yield from differ("objects in VisualVM", [], sorted(set(wanted["objects"]) ^ set(got))[:5])
    sizes, more = {row: (size, kept) for row, (_, size, kept) in wanted["objects"].items()}, roots_below(wanted)
    fits = lambda row, size, kept: size == sizes[row][0] and sizes[row][1] <= kept <= sizes[row][1] + more[row]
    yield from differ("sizes in VisualVM", [], [(row, got[row][1], sizes[row], got[row][2:4]) for row in sizes if row in got and not fits(row, *got[row][2:4])][:5])
    name_bytes = read["bytes"] - sum(size for size, _ in sizes.values())
    yield from differ("bytes of names", sum(row[2] for row in read["objects"] if row[0] in names), name_bytes)
    if f"{len(sizes):,} object" not in said:
        yield f"it says {said!r}, and there are {len(sizes)} objects"
    edges = {row: [one[5], one[6] - one[5] * shift] for row, one in got.items() if one[5]}
    yield from differ("pointers in VisualVM", [], [(row, wanted["edges"].get(row), edges.get(row)) for row in set(wanted["edges"]) | set(edges) if wanted["edges"].get(row) != edges.get(row)][:5])
    yield from differ("what roots refer to", wanted["roots"], sorted(number - shift for *_, number in read["statics"] + read["frames"]))
    yield from differ("objects without a way from a root", [], [one for one in got.values() if not one[7]][:3])
    exact = sum(tuple(one[2:4]) == sizes[row] for row, one in got.items())
    if exact < 0.99 * len(sizes):
        yield f"{len(sizes) - exact} of {len(sizes)} objects keep more alive than they do"
    yield from differ("goroutines on stacks", set(), {goid for goid, *_ in read["frames"]} - wanted["goids"])


CHECKS = {"hprof": check_hprof, "pictures": check_pictures, "tables": check_tables, "pprof": check_pprof, "parca": check_parca, "speedscope": check_speedscope, "heapsnapshot": check_heapsnapshot, "memlab": check_memlab, "json-lines": check_json_lines}
USUAL = [name for name in CHECKS if name not in ("tables", "hprof", "memlab", "parca")]


def check(binary, release, program, mode, only, folder):
    """Yields (what was checked, what is wrong)."""
    with Fixture(cells.build(cells.Cell(release, program, mode))) as fixture:
        hold = folder / "it.hold"
        run(binary, "capture", fixture.pid, "-o", hold)
        truth = Truth.of(binary, hold)
        for name in only:
            yield name, list(CHECKS[name](binary, hold, truth, release, folder))
        core = fixture.core(folder / "core")
        for kind, target in (("live", fixture.pid), ("core", core)):
            yield f"pprof of a {kind}", list(sums_of(binary, target, folder))


def sums_of(binary, target, folder):
    """A process may allocate between two looks, so its profile is compared with what the profile says itself."""
    file = folder / "other.pb.gz"
    for of in ("paths", "dominators"):
        run(binary, "export", target, "--of", of, "-o", file)
        profile = Profile(file.read_bytes())
        yield from profile.wrong
        if f"{profile.objects:,} live objects" not in profile.comments[0]:
            yield f"{profile.objects} objects; it says {profile.comments[0]!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=lambda text: text.split(","), default=["1.26"], help="[1.26]")
    parser.add_argument("--programs", type=lambda text: text.split(","), default=PROGRAMS, help=f"[{','.join(PROGRAMS)}]")
    parser.add_argument("--modes", type=lambda text: text.split(","), default=["stripped"], help="[stripped]")
    parser.add_argument("--only", type=lambda text: text.split(","), default=USUAL, help=f"[{','.join(USUAL)}], also tables, hprof, memlab, parca")
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast", help="the program")
    arguments = parser.parse_args()
    passed = failed = 0
    install_readers(arguments.only)
    for release in arguments.releases:
        for program in arguments.programs:
            for mode in arguments.modes:
                try:
                    with tempfile.TemporaryDirectory() as folder:
                        for what, wrong in check(arguments.holdfast.resolve(), release, program, mode, arguments.only, pathlib.Path(folder)):
                            passed += not wrong
                            failed += bool(wrong)
                            print(f"{release} {program} {mode} {what}: {len(wrong)} differences", flush=True)
                            for text in wrong[:5]:
                                print(f"  FAIL {release} {program} {mode} {what}: {str(text)[:600]}", flush=True)
                except (Broken, cells.BuildFailed, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
                    failed += 1
                    print(f"  FAIL {release} {program} {mode}: {type(error).__name__}: {error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
