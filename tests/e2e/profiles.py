#!/usr/bin/env python3
"""Checks what `holdfast profile` says of profiles that Go programs write of themselves, against `go tool pprof`.

  tests/e2e/profiles.py                        one release
  tests/e2e/profiles.py --releases 1.19,1.27

Compared are flat and cumulative sums of each function, for each sample type of a heap profile; and that what is damaged or no
profile at all is refused with a reason. Ends with `N passed, N failed`.
"""
import argparse
import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import cells
from processes import Fixture

TYPES = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space")


def ask(binary, *arguments, stdin=b""):
    return subprocess.run([binary, "profile", "top", *map(str, arguments)], input=stdin, capture_output=True, timeout=300)


def as_pprof_has_it(file, sample_type, release):
    """Returns {function: (flat, cumulative)}."""
    go = [cells.ROOT / "tools/go_release", release, "--", "go", "tool", "pprof"]
    options = ["-top", "-nodecount=1000000", "-nodefraction=0", "-edgefraction=0", f"-sample_index={sample_type}"]
    unit = ["-unit=B"] if sample_type.endswith("space") else []
    text = subprocess.run([*go, *options, *unit, file], capture_output=True, text=True, check=True, timeout=300).stdout
    row = re.compile(r"\s*(\d+)B?\s+[\d.e+-]+%\s+[\d.e+-]+%\s+(\d+)B?\s+[\d.e+-]+%\s+(.*?)(?: \(inline\)| \(partial-inline\))?$")
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
    for release in arguments.releases:
        program = cells.build(cells.Cell(release, "heap_profile", "dwarf"))
        with Fixture(program) as fixture, tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "heap.pb.gz"
            file.write_bytes(base64.b64decode(fixture.truth["heap_profile"]))
            for what, check in (("sums", differences(arguments.holdfast, file, release)), ("refusals", refusals(arguments.holdfast, file))):
                wrong = list(check)
                passed += not wrong
                failed += bool(wrong)
                for one in wrong:
                    print(f"  FAIL {release} {what}: {one}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
