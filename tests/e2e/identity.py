#!/usr/bin/env python3
"""Whether holdfast says truly what it looks at: which Go runtime of several, which Go release, which program.

  tests/e2e/identity.py              all checks
  tests/e2e/identity.py --only TEXT  those whose name contains TEXT

Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import json
import re
import shutil
import sys

import cells
import scenes
from processes import READY_SECONDS, Fixture

SMALL, LARGE = 100, 20000  # records of the two libraries
MEMORY_SLACK = 64 << 10    # bytes of heap that are garbage, or came while somebody looked

check = scenes.Checks()


class TwoRuntimes:
    """A C program with two Go libraries: the first has the larger heap, so the last one is the wrong one to take."""

    def __init__(self, scene, small_release=None):
        self.large, self.small = scene.folder / "large.so", scene.folder / "small.so"
        for path, mode, release in ((self.large, "dwarf", None), (self.small, "stripped", small_release)):
            shutil.copy(scene.build("cshared", mode, release).with_name("libfixture.so"), path)
        self.program = scene.folder / "several"
        cells.run(["gcc", "-O1", "-o", str(self.program), str(cells.PROGRAMS / "cshared/several.c"), "-ldl"], None, scene.folder)

    def start(self):
        return Fixture(self.program, [self.large, str(LARGE), self.small, str(SMALL)])


def truths_of(target):
    """What each library said of itself when it was ready."""
    return target.truth, json.loads(target.lines.next(READY_SECONDS))


def expect_runtime(scene, what, document, libraries, truths, chosen):
    """That the document is of one library, and lists both with their heaps."""
    paths = [str(libraries.large), str(libraries.small)]
    target, path, truth = document["target"], paths[chosen], truths[chosen]
    scene.expect(f"{what}: exe", path, target["exe"])
    scene.expect(f"{what}: runtimes", paths, [r["image"] for r in target["runtimes"]])
    scene.expect(f"{what}: chosen", [path], [r["image"] for r in target["runtimes"] if r["chosen"]])
    for runtime in target["runtimes"]:
        heap = truths[paths.index(runtime["image"])]["memstats"]["HeapAlloc"]
        off = abs((runtime["heap_bytes"] or 0) - heap)
        scene.expect(f"{what}: heap of {runtime['image']} is off by {off}", True, off <= MEMORY_SLACK)
    live, held = document["heap"]["reachable_bytes"], truth["memstats"]["HeapAlloc"]
    scene.expect(f"{what}: {live} bytes live of {held}", True, abs(live - held) <= MEMORY_SLACK)
    scene.expect(f"{what}: the audit is clean", True, document["audit"]["clean"])


def expect_both(scene, what, target, libraries, truths):
    """That the larger is taken, and the other one when it is named."""
    expect_runtime(scene, what, scene.report(target), libraries, truths, 0)
    expect_runtime(scene, f"{what}, the other", scene.report(target, "--image", "small.so"), libraries, truths, 1)
    expect_runtime(scene, f"{what}, by path", scene.report(target, "--image", libraries.small), libraries, truths, 1)
    words = scene.run(target).stdout
    scene.expect(f"{what}: words", True, re.search(r"2 Go runtimes in this process: large.so \d.*, small.so \d.*; this is of\s+"
                                                   r"large.so;\s+`--image small.so`\s+for the other", words) is not None)
    scene.refused(f"{what}, a third", ["--image none.so", str(libraries.large), str(libraries.small)],
                  target, "--image", "none.so")


@check
def of_two_runtimes_the_larger_is_taken_and_both_are_listed(scene):
    libraries = TwoRuntimes(scene)
    with libraries.start() as target:
        truths = truths_of(target)
        expect_both(scene, "live", target.pid, libraries, truths)
        core = target.core(scene.folder / "core")
        expect_both(scene, "core", core, libraries, truths)
        hold = scene.folder / "a.hold"
        scene.report("capture", target.pid, "--image", "small.so", "-o", hold)
        expect_runtime(scene, "hold", scene.report(hold), libraries, truths, 1)
        scene.expect("audit of the other", 0, scene.run("audit", "--strict", target.pid, "--image", "small.so").returncode)
        dry = scene.report(target.pid, "--dry-run", "--image", "small.so")
        scene.expect("dry run", [str(libraries.small)], [r["image"] for r in dry["runtimes"] if r["chosen"]])
        rows = [r for r in scene.report("ps", "--top", "0")["processes"] if r["pid"] == target.pid]
        scene.expect("ps: images", sorted(map(str, (libraries.large, libraries.small))), sorted(r["image"] for r in rows))
        scene.expect("ps: the heaps differ", True, len({r["heap"] for r in rows}) == 2 and all(r["heap"] for r in rows))
        scene.failures += target.alarms()


@check
def each_runtime_is_read_with_the_layouts_of_its_own_release(scene):
    libraries = TwoRuntimes(scene, small_release="1.22")
    with libraries.start() as target:
        expect_both(scene, "live", target.pid, libraries, truths_of(target))
        scene.failures += target.alarms()


@check
def a_plugin_is_no_runtime_of_its_own(scene):
    with Fixture(scene.build("plugin", "stripped")) as target:
        report = scene.report(target.pid)
        scene.expect("runtimes", [str(target.program)], [r["image"] for r in report["target"]["runtimes"]])
        scene.expect("modules", 2, report["target"]["modules"])
        scene.expect("a word", False, "Go runtimes" in scene.run(target.pid).stdout)
        scene.expect("ps", 1, len([r for r in scene.report("ps", "--top", "0")["processes"] if r["pid"] == target.pid]))
        scene.refused("a plugin", ["--image lib.so", str(target.program)], target.pid, "--image", "lib.so")
        scene.failures += target.alarms()


def scrambled(scene, program):
    """A copy of the program that does not say which Go made it, as garble leaves one."""
    copy = scene.folder / "scrambled"
    content = program.read_bytes()
    version = cells.toolchains()[scene.release]
    for text in (b"\xff Go buildinf:", f"go{version}".encode()):
        scene.expect(f"{text!r} is in the program", True, text in content)
        content = content.replace(text, b"x" * len(text))
    copy.write_bytes(content)
    copy.chmod(0o755)
    return copy


def without_magic(scene, program):
    """A copy with a function table that begins with a random number, as garble has it. Only garble's runtime would run."""
    copy = scene.folder / "without_magic"
    content = program.read_bytes()
    start = b"\xff\xff\xff\x00\x00\x01\x08"  # of the magic all but its first byte, then what follows it
    scene.expect("tables in the program", 1, content.count(start))
    copy.write_bytes(content.replace(start, b"\x12\x34\x56" + start[3:]))
    return copy


def expect_given(scene, what, target, truth, *more):
    """That nothing is said of the target unless the right release is, and then all of it."""
    done = scene.run(target, *more)
    scene.expect(f"{what}, nothing said", (1, True, True),
                 (done.returncode, "nothing says of which Go release" in done.stderr, "--go-release" in done.stderr))
    report = scene.report(target, "--go-release", scene.release, *more)
    scene.expect(f"{what}: version", ("go" + scene.release, True),
                 (report["target"]["go_version"], report["target"]["go_version_given"]))
    scene.expect(f"{what}: clean", True, report["audit"]["clean"])
    live, held = report["heap"]["reachable_bytes"], truth["memstats"]["HeapAlloc"]
    scene.expect(f"{what}: {live} bytes live of {held}", True, abs(live - held) <= MEMORY_SLACK)
    scene.expect(f"{what}: words", True, f"go{scene.release}, as given" in scene.run(target, "--go-release", scene.release, *more).stdout)
    for wrong in (r for r in cells.toolchains() if r != scene.release):
        done = scene.run(target, "--go-release", wrong, *more)
        scene.expect(f"{what}, said to be of {wrong}", (1, True), (done.returncode, f"--go-release go{wrong}" in done.stderr))


@check
def a_release_is_taken_from_the_user_if_nothing_else_says_it(scene):
    program = scene.build("zoo", "stripped")
    with Fixture(scrambled(scene, program)) as target:
        expect_given(scene, "live", target.pid, target.truth)
        core = target.core(scene.folder / "core")
        expect_given(scene, "core", core, target.truth)
        expect_given(scene, "core without magic", core, target.truth, "--exe", without_magic(scene, target.program))
        hold = scene.folder / "a.hold"
        scene.report("capture", target.pid, "--go-release", scene.release, "-o", hold)
        scene.expect("hold", True, scene.report(hold)["target"]["go_version_given"])
        scene.refused("no release", ["--go-release", "holdfast knows"], target.pid, "--go-release", "yesterday's")
        scene.failures += target.alarms()
    with Fixture(program) as target:
        scene.refused("another release", ["--go-release go1.19", "says itself"], target.pid, "--go-release", "1.19")
        report = scene.report(target.pid, "--go-release", scene.release)
        scene.expect("the right one is no news", False, report["target"]["go_version_given"])
        scene.failures += target.alarms()


@check
def an_option_for_another_form_of_target_is_refused(scene):
    with Fixture(scene.build("zoo", "stripped")) as target:
        hold = scene.folder / "a.hold"
        scene.report("capture", target.pid, "-o", hold)
        core = target.core(scene.folder / "core")
        scene.refused("--exe on a process", [f"--exe is for core files: process {target.pid} runs {target.program}"],
                      target.pid, "--exe", target.program)
        scene.refused("--exe on another process", [f"process {target.pid} runs"], target.pid, "--exe", "/bin/true")
        scene.refused("--image on a capture", ["--image is for live processes and core files", "a.hold"],
                      hold, "--image", "zoo")
        scene.refused("--force on a core", ["--force is for live processes"], core, "--force")
        scene.failures += target.alarms()


if __name__ == "__main__":
    ARGUMENTS = scenes.parse(__doc__)
    sys.exit(scenes.run(check, ARGUMENTS, lambda folder: scenes.Scene(ARGUMENTS, folder)))
