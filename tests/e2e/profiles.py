#!/usr/bin/env python3
"""Checks what `holdfast profile` says of profiles that Go programs write of themselves, against `go tool pprof`.

  tests/e2e/profiles.py                        one release
  tests/e2e/profiles.py --releases 1.19,1.27

Compared are flat and cumulative sums of each function, for each sample type: of a heap profile, and of all test data of
google/pprof (pprof_data.py); where a profile has no names, of each address. And what is damaged or no profile at all has to be
refused with a reason. Ends with `N passed, N failed`.
"""
import argparse
import base64
import collections
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import cells
import pprof_data
import profiled
from processes import Fixture

TYPES = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space")


def ask(binary, *arguments, stdin=b""):
    return subprocess.run([binary, "profile", "top", *map(str, arguments)], input=stdin, capture_output=True, timeout=300)


@functools.cache
def tool(release):
    """Returns the path of a release's pprof: to ask the Go command each time takes longer than to ask pprof."""
    go = [cells.ROOT / "tools/go_release", release, "--", "go", "tool", "-n", "pprof"]
    return subprocess.run(go, capture_output=True, text=True, check=True, timeout=300).stdout.strip()


def pprof(release, *options):
    command = [tool(release), "-symbolize=none", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout


def as_pprof_has_it(file, sample_type, release, unit="", by="functions"):
    """Returns {function or address: (flat, cumulative)}."""
    options = ["-top", "-nodecount=1000000", "-nodefraction=0", "-edgefraction=0", f"-sample_index={sample_type}", f"-{by}"]
    unit = unit or ("B" if sample_type.endswith("space") else "")
    text = pprof(release, *options, *([f"-unit={unit}"] if unit else []), file)
    row = re.compile(r"\s*(\d+)(?:B|ns|ms)?\s+[\d.e+-]+%\s+[\d.e+-]+%\s+(\d+)(?:B|ns|ms)?\s+[\d.e+-]+%\s+(.*?)(?: \(inline\)| \(partial-inline\))?$")
    return {found[3]: (int(found[1]), int(found[2])) for found in map(row.match, text.splitlines()) if found}


def as_we_have_it(binary, file, sample_type):
    done = ask(binary, file, "--type", sample_type, "--top", 0, "--json")
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    rows = json.loads(done.stdout)["profile"]
    # Whoever has nothing of this type is a row for what it has of others.
    return {row["function"]: (row["flat"], row["cumulative"]) for row in rows if row["flat"] or row["cumulative"]}


def differences(binary, file, release):
    for sample_type in TYPES:
        theirs, ours = as_pprof_has_it(file, sample_type, release), as_we_have_it(binary, file, sample_type)
        if len(theirs) < 5 or max(flat for flat, _ in theirs.values()) == 0:
            yield f"pprof has {len(theirs)} functions of {sample_type}: this shows nothing"
        for name in theirs.keys() | ours.keys():
            if theirs.get(name) != ours.get(name):
                yield f"{sample_type} of {name}: pprof has {theirs.get(name)}, holdfast {ours.get(name)}"


def types_of(file, release):
    """Yields names and units of the sample types, as pprof has them."""
    text = pprof(release, "-raw", file)
    for name, unit in re.findall(r"(\S+)/(\S+?)(?:\[dflt\])?(?:\s|$)", text.split("Samples:\n", 1)[1].split("\n", 1)[0]):
        yield name, {"bytes": "B", "nanoseconds": "ns", "microseconds": "ns", "milliseconds": "ms"}.get(unit, "")


def of_users(sums):
    """Leaves out what the text forms hide, frames of the runtime, and writes names of generic functions as they do."""
    shown = collections.defaultdict(lambda: (0, 0))
    for name, (flat, cumulative) in sums.items():
        if not re.match(r"runtime[./]|internal/runtime/|0x|<unknown>", name):
            name = re.sub(r"\[go\.shape.*\]", "[...]", name)
            shown[name] = (shown[name][0] + flat, shown[name][1] + cumulative)
    return shown


def says_too_little(text, release):
    """Whether numbers of a mutex profile of Go 1.19 look by chance like those of a later Go, which are multiplied already."""
    counts = re.findall(r"^\d+ (\d+) @", text.read_text(), re.MULTILINE)
    return release == "1.19" and text.name == "mutex.1" and all(int(count) % 3 == 0 for count in counts)


def differences_of_forms(binary, running, release):
    """Protobuf against pprof, and text against protobuf: of stacks, types and numbers, all but what text does not have."""
    for file in sorted(running.folder.glob("*.0")):
        text = file.with_suffix(".1")
        for sample_type, unit in types_of(file, release):
            theirs, ours = as_pprof_has_it(file, sample_type, release, unit), as_we_have_it(binary, file, sample_type)
            if "<unknown>" in theirs:  # Go 1.27 fills stacks of threads up with zeros, and takes one from each
                ours["<unknown>"] = ours.pop(f"0x{2**64 - 1:x}", None)
            if theirs != ours:
                yield f"{file.name}, {sample_type}: pprof has {theirs}, holdfast {ours}"
            if says_too_little(text, release):
                continue
            ours, from_text = of_users(ours), of_users(as_we_have_it(binary, text, sample_type))
            # Of locks, each form rounds in another place.
            near = 100 if sample_type == "delay" else 0
            for name in ours.keys() | from_text.keys():
                if any(abs(a - b) > near for a, b in zip(ours[name], from_text[name])):
                    yield f"{sample_type} of {name}: {file.name} has {ours[name]}, {text.name} {from_text[name]}"
    dump = ask(binary, running.file("goroutine", 2))
    if dump.returncode != 1 or "`holdfast dump` reads it" not in dump.stderr.decode():
        yield f"a dump: exit {dump.returncode}, {dump.stderr.decode().strip()!r}"


def same_places(file):
    """Returns {name or address: what to call all that are the same place} of a text of threads. pprof reads only addresses there,
    holdfast names, and one address may have several; return addresses are one less than what is written."""
    called = {}
    for address, name in re.findall(rb"0x0*([0-9a-f]+): (.*)", file.read_bytes()):
        same = {name.decode().strip(), *(f"0x{int(address, 16) - less:x}" for less in (0, 1))}
        one = min(called.get(word, word) for word in same)
        others = {called[word] for word in same if word in called}
        called |= {word: one for word in same} | {word: one for word, other in called.items() if other in others}
    return called


def by_place(sums, called):
    """Adds up flat sums by place. Cumulative ones of several names would count a sample twice: then none is said."""
    places = collections.defaultdict(list)
    for name, of_name in sums.items():
        places[called.get(name, name)].append(of_name)
    return {place: (sum(flat for flat, _ in of_place), None if place in called.values() else of_place[0][1])
            for place, of_place in places.items()}


def differences_of_data(binary, file, release):
    """The same of a file of google/pprof."""
    has_names = file.name.startswith("java.") or file.name in ("sample.cpu", "cpuProfile", "dropFrames", "heapProfile", "contentionProfile", "longNameFuncsProfile")
    called = same_places(file) if ".thread" in file.name else {}
    for sample_type, unit in types_of(file, release):
        theirs = as_pprof_has_it(file, sample_type, release, unit, "functions" if has_names else "addresses")
        ours = as_we_have_it(binary, file, sample_type)
        if not has_names:
            theirs = {f"0x{int(row.split()[0], 16):x}": sums for row, sums in theirs.items()}
        theirs, ours = by_place(theirs, called), by_place(ours, called)
        if not theirs:
            yield f"pprof has nothing of {sample_type}: this shows nothing"
        for name in theirs.keys() | ours.keys():
            if theirs.get(name) != ours.get(name):
                yield f"{sample_type} of {name}: pprof has {theirs.get(name)}, holdfast {ours.get(name)}"


def refusals(binary, file):
    """What is refused has to say why, with exit code 1; standard input is read as files are."""
    packed = file.read_bytes()
    if ask(binary, "-", "--json", stdin=packed).stdout != ask(binary, file, "--json").stdout:
        yield "standard input gives another answer than the file"
    for what, given, words in (("half of a profile", packed[:len(packed) // 2], "no names"),
                               ("a page", b"<html>404</html>", "no profile of pprof"),
                               ("nothing", b"", "no profile of pprof"),
                               ("damage", packed[:40] + bytes(40) + packed[80:], "near byte")):
        done = ask(binary, "-", stdin=given)
        if done.returncode != 1 or words not in done.stderr.decode():
            yield f"{what}: exit {done.returncode}, {done.stderr.decode().strip()!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast")
    parser.add_argument("--releases", type=lambda text: text.split(","), default=["1.26"])
    arguments = parser.parse_args()
    passed = failed = 0
    for file in [*pprof_data.files(), *pprof_data.built()]:
        wrong = list(differences_of_data(arguments.holdfast, file, pprof_data.RELEASE))
        passed += not wrong
        failed += bool(wrong)
        for one in wrong[:5]:
            print(f"  FAIL {file.parent.name}/{file.name}: {one}")
    for release in arguments.releases:
        program = cells.build(cells.Cell(release, "heap_profile", "dwarf"))
        with Fixture(program) as fixture, tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "heap.pb.gz"
            file.write_bytes(base64.b64decode(fixture.truth["heap_profile"]))
            with profiled.Profiled(release, folder) as running:
                forms = list(differences_of_forms(arguments.holdfast, running, release))
            for what, check in (("sums", differences(arguments.holdfast, file, release)), ("refusals", refusals(arguments.holdfast, file)),
                                ("forms", forms)):
                wrong = list(check)
                passed += not wrong
                failed += bool(wrong)
                for one in wrong:
                    print(f"  FAIL {release} {what}: {one}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
