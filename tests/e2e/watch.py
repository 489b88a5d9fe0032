#!/usr/bin/env python3
"""Whether `holdfast owners --every` says what a process that grows between two looks knows of itself, what it costs that process,
and whether it ends as it should.

  tests/e2e/watch.py                  all checks
  tests/e2e/watch.py --only TEXT      those whose name contains TEXT

Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import json
import signal
import subprocess
import sys
import time

import scenes
from processes import Fixture, Lines

PAGE_SLOT = 32768  # of main.page of the program grows
SECONDS = 60

check = scenes.Checks()


class Watch:
    """A running `owners --every`, whose documents are read one by one."""

    def __init__(self, scene, pid, *options):
        self.process = subprocess.Popen([scene.binary, "owners", str(pid), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = Lines(self.process.stdout)

    def next(self):
        return json.loads(self.lines.next(SECONDS))

    def end(self, with_signal=None):
        """Returns the code and what was said beside the answer."""
        if with_signal:
            self.process.send_signal(with_signal)
        self.lines.close()
        said = self.process.communicate(timeout=SECONDS)[1].decode()
        return self.process.returncode, said


def row_of(document, text):
    rows = [row for row in document["owner_changes"] if text in row["name"]]
    return rows[0] if len(rows) == 1 else {"bytes": None, "grew": None, "shrank": None, "first": None, "grew_in_all": None}


def expect_sums(scene, what, document):
    scene.expect(f"{what}: what all owners have", document["live_bytes"], sum(row["bytes"] for row in document["owner_changes"]))
    scene.expect(f"{what}: what all had at first", document["live_bytes_first"], sum(row["first"] for row in document["owner_changes"]))


def growth(scene, mode, name):
    with Fixture(scene.build("grows", mode)) as process:
        watch = Watch(scene, process.pid, "--every", "400ms", "--looks", "6", "--json", "--top", "0")
        first = watch.next()
        before, after = process.truth, process.ask("grow")
        documents = [first] + [watch.next() for _ in range(5)]
        code, said = watch.end()
    scene.expect(f"the code: {said}", 0, code)
    scene.expect("the cost is foretold", True, "would be held still" in said and "% of the time" in said)
    for number, document in enumerate(documents, 1):
        scene.expect("the number of the look", number, document["look"])
        expect_sums(scene, f"look {number}", document)
        scene.expect(f"look {number}: share of the time {document['held_share']}", True, 0 < document["held_share"] < 0.9)
        scene.expect(f"look {number}: {document['seconds_since_last']} s after the last", True, number == 1 or document["seconds_since_last"] >= 0.4)
    grown = (after["pages"] - before["pages"]) * PAGE_SLOT
    rows = [row_of(document, name) for document in documents]
    scene.expect(f"growth of {name}", grown, sum((row["grew"] or 0) - (row["shrank"] or 0) for row in rows[1:]))
    scene.expect(f"growth of {name} since the first look", grown, rows[-1]["grew_in_all"])
    scene.expect(f"{name} at the last look", rows[0]["bytes"] + grown, rows[-1]["bytes"])


@check
def an_owner_grows_by_what_the_program_says(scene):
    growth(scene, "dwarf", "main.library")


@check
def an_owner_grows_in_a_stripped_program_as_well(scene):
    with Fixture(scene.build("grows", "stripped")) as process:
        watch = Watch(scene, process.pid, "--every", "400ms", "--looks", "5", "--json", "--top", "0")
        first = watch.next()
        before, after = process.truth, process.ask("grow")
        documents = [first] + [watch.next() for _ in range(4)]
        code, said = watch.end()
    scene.expect(f"the code: {said}", 0, code)
    grown = (after["pages"] - before["pages"]) * PAGE_SLOT
    scene.expect("an owner has grown by the pages", True, any(row["grew_in_all"] == grown for row in documents[-1]["owner_changes"]))
    for number, document in enumerate(documents, 1):
        expect_sums(scene, f"look {number}", document)


@check
def text_is_blocks_without_control_codes(scene):
    with Fixture(scene.build("grows", "stripped")) as process:
        done = scene.run("owners", process.pid, "--every", "200ms", "--looks", "3", "--top", "2")
    scene.expect(f"the code: {done.stderr}", 0, done.returncode)
    scene.expect("blocks", 3, done.stdout.count("% of the time so far"))
    scene.expect("control codes", 0, done.stdout.count("\033"))
    scene.expect("what a cut list leaves out", 3, done.stdout.count("`--top 0` shows all"))


@check
def ctrl_c_ends_it_and_the_process_goes_on(scene):
    with Fixture(scene.build("grows", "stripped")) as process:
        watch = Watch(scene, process.pid, "--every", "1h", "--json")
        watch.next()
        begin = time.monotonic()
        code, said = watch.end(signal.SIGINT)
        scene.expect("it ends at once", True, time.monotonic() - begin < 10)
        scene.expect(f"the code: {said}", 0, code)
        scene.expect(f"what is said of the process: {said}", True, "stopped on request" in said and "goes on unharmed" in said)
        scene.expect("the process lives", True, process.ask("grow")["pages"] > 0)


@check
def a_process_that_ends_is_told(scene):
    with Fixture(scene.build("grows", "stripped")) as process:
        watch = Watch(scene, process.pid, "--every", "300ms", "--json")
        watch.next()
    code, said = watch.end()
    scene.expect(f"the code: {said}", 1, code)
    scene.expect(f"who has ended: {said}", True, str(process.pid) in said)


@check
def what_it_is_not_for_is_refused(scene):
    with Fixture(scene.build("grows", "stripped")) as process:
        scene.run("capture", process.pid, "-o", scene.folder / "a.hold")
        scene.refused("a file", ["--every is for live processes", "is a .hold file"], "owners", scene.folder / "a.hold", "--every", "1s")
        scene.refused("no time", ["is not a time", "90s"], "owners", process.pid, "--every", "no")
        scene.refused("no pause", ["without a pause"], "owners", process.pid, "--every", "0s")
        scene.refused("looks alone", ["--every"], "owners", process.pid, "--looks", "3")
        scene.refused("a tree", ["--under"], "owners", process.pid, "--every", "1s", "--under", "type:main.page")


if __name__ == "__main__":
    arguments = scenes.parse(__doc__)
    sys.exit(scenes.run(check, arguments, lambda folder: scenes.Scene(arguments, folder)))
