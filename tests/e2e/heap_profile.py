#!/usr/bin/env python3
"""Checks that the exported memory profile equals the one that the program wrote of itself at the same moment.

  tests/e2e/heap_profile.py                              every Go release, stripped and not, live, core and capture
  tests/e2e/heap_profile.py --releases 1.26 --modes dwarf

Compared are sample types, period, and for each stack of functions, files, lines, inlined calls and addresses the four values and
the size. Samples without any object are left out: only some releases write them.
"""
import argparse
import base64
import collections
import gzip
import pathlib
import subprocess
import sys
import tempfile

import cells
from processes import Broken, Fixture, Holdfast

MODES = ("dwarf", "stripped", "pie-stripped")
ROUNDED = 1  # estimates are cut to whole numbers, and exp() may differ in its last bit


def fields(message):
    """Yields (number, value) of each field: integers, or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            size = varint()
            yield tag >> 3, message[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {tag & 7}")


def one(message):
    """Returns {number: value} of a message whose fields do not repeat."""
    return collections.defaultdict(int, fields(message))


def numbers(message, field):
    """Returns the integers of a repeated field, packed or not."""
    found = []
    for number, value in fields(message):
        if number == field:
            found += [value] if isinstance(value, int) else [v for _, v in fields(b"".join(b"\x08" + v for v in split(value)))]
    return found


def split(packed):
    """Returns the bytes of each integer."""
    found, start = [], 0
    for at, byte in enumerate(packed):
        if byte < 0x80:
            found.append(packed[start:at + 1])
            start = at + 1
    return found


class Profile:
    def __init__(self, zipped):
        parts = collections.defaultdict(list)
        for number, value in fields(gzip.decompress(zipped)):
            parts[number].append(value)
        self.texts = [t.decode() for t in parts[6]]
        self.types = [self.value_type(t) for t in parts[1]]
        self.period = self.value_type(parts[11][0]), parts[12][0]
        self.functions = {f[1]: (self.texts[f[2]], self.texts[f[4]]) for f in map(one, parts[5])}
        self.locations = dict(map(self.location, parts[4]))
        self.mappings = [(self.texts[m[5]], self.texts[m[6]]) for m in map(one, parts[3])]
        self.mapped = [(m[2], m[3]) for m in map(one, parts[3])]
        self.samples = collections.Counter()
        self.addresses = set()
        for sample in parts[2]:
            self.add(sample)

    def value_type(self, message):
        fields_of = one(message)
        return self.texts[fields_of[1]], self.texts[fields_of[2]]

    def location(self, message):
        lines = [one(value) for number, value in fields(message) if number == 4]
        head = one(message)
        return head[1], (head[3], tuple((*self.functions[line[1]], line[2]) for line in lines))

    def add(self, sample):
        values = numbers(sample, 2)
        labels = [one(value) for number, value in fields(sample) if number == 3]
        if not any(values):
            return
        stack = tuple(self.locations[i] for i in numbers(sample, 1))
        self.addresses |= {address for address, _ in stack}
        self.samples[stack, *((self.texts[label[1]], label[3]) for label in labels), tuple(values)] += 1


def differences(own, ours):
    """Yields what the exported profile says otherwise than the program's own."""
    for what in ("types", "period"):
        if getattr(own, what) != getattr(ours, what):
            yield f"{what}: {getattr(own, what)} in the program, {getattr(ours, what)} exported"
    missing, more = own.samples - ours.samples, ours.samples - own.samples
    near = collections.defaultdict(list)
    for *key, values in more.elements():
        near[tuple(key)].append(values)
    for *key, values in missing.elements():
        found = near[tuple(key)]
        match = [v for v in found if all(abs(a - b) <= ROUNDED for a, b in zip(v, values))]
        if match:
            found.remove(match[0])
        else:
            yield f"{values} at {key}: not exported; there is {found}"
    for key, values in near.items():
        if values:
            yield f"{values} at {key}: not in the program's own"
    for address in ours.addresses:
        if not any(begin <= address < end for begin, end in ours.mapped):
            yield f"{address:#x} lies in no mapping"


def check(binary, release, mode, folder):
    """Yields (kind of target, what is wrong, number of samples)."""
    program = cells.build(cells.Cell(release, "heap_profile", mode))
    with Fixture(program) as fixture:
        own = Profile(base64.b64decode(fixture.truth["heap_profile"]))
        live = Holdfast(binary, fixture.pid)
        targets = {"live": fixture.pid, "core": fixture.core(folder / "core"), "hold": folder / "fixture.hold"}
        live.run(["capture", fixture.pid, "-o", targets["hold"]])
        for kind, target in targets.items():
            live.run(["export", target, "-o", folder / "heap.pb.gz"])
            ours = Profile((folder / "heap.pb.gz").read_bytes())
            wrong = list(differences(own, ours))
            if own.mappings[0][0] != ours.mappings[0][0] or own.mappings[0][1] not in ("", ours.mappings[0][1]):
                wrong.append(f"the mapping is {ours.mappings[0]}, the program says {own.mappings[0]}")
            text = live.run(["export", target, "--as", "heap-text", "-o", "-"]).decode()
            if f"@ heap/{2 * own.period[1]}\n" not in text.splitlines(True)[0]:
                wrong.append(f"the text begins with {text[:80]!r}")
            pprof = [cells.ROOT / "tools/go_release", release, "--", "go", "tool", "pprof"]
            done = subprocess.run([*pprof, "-top", folder / "heap.pb.gz"], capture_output=True, text=True)
            if done.returncode != 0 or "main.deep" not in done.stdout:
                wrong.append(f"go tool pprof: {done.stderr or done.stdout}")
            yield kind, wrong, len(own.samples)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=lambda text: text.split(","), default=list(cells.toolchains()), help="[all]")
    parser.add_argument("--modes", type=lambda text: text.split(","), default=MODES, help=f"[{','.join(MODES)}]")
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast", help="the program")
    arguments = parser.parse_args()
    passed = failed = 0
    for release in arguments.releases:
        for mode in arguments.modes:
            try:
                with tempfile.TemporaryDirectory() as folder:
                    for kind, wrong, samples in check(arguments.holdfast.resolve(), release, mode, pathlib.Path(folder)):
                        passed += not wrong
                        failed += bool(wrong)
                        print(f"{release} {mode} {kind}: {samples} samples, {len(wrong)} differences", flush=True)
                        for text in wrong[:3]:
                            print(f"  FAIL {release} {mode} {kind}: {text}", flush=True)
            except (Broken, cells.BuildFailed, OSError, ValueError) as error:
                failed += 1
                print(f"  FAIL {release} {mode}: {error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
