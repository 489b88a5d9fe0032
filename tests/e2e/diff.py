#!/usr/bin/env python3
"""Whether `holdfast diff` says what a program knows of its own growth: what it freed, made and kept, and which goroutines came and ended.

  tests/e2e/diff.py                  all checks, on Go 1.19, 1.23, 1.24 and 1.26, with debug information and stripped
  tests/e2e/diff.py --only TEXT      those whose name contains TEXT

The program grows says two truths about itself or more, and waits between them; each moment is kept in a capture, and the last is
looked at as it lives. Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import dataclasses
import re
import shlex
import sys

import cells
import scenes
from processes import Fixture

RELEASES = ("1.19", "1.23", "1.24", "1.26")
MODES = ("dwarf", "stripped")
RECORD, PAGE = "main.record", "main.page"
RECORD_SLOT, PAGE_SLOT = 160, 32768  # size classes of the two
GUEST_PAGES = 1                      # pages that are in no list of the program

check = scenes.Checks()


@dataclasses.dataclass
class Picture:
    """Moments of one process: what it said, and where each was captured. The process lives."""
    process: Fixture
    truths: list
    files: list


def moments(scene, process, words):
    """Captures the process, says each word to it, and captures it again after each."""
    picture = Picture(process, [process.truth], [])
    for number, word in enumerate([None, *words]):
        if word:
            picture.truths.append(process.ask(word))
        file = scene.folder / f"{number}.hold"
        done = scene.run("capture", process.pid, "-o", file)
        scene.expect(f"capture {number}: {done.stderr}", 0, done.returncode)
        picture.files.append(file)
    return picture


def everywhere(function):
    """Makes a check of each release and way to build of one that takes them."""
    for release in RELEASES:
        for mode in MODES:
            def made(scene, release=release, mode=mode):
                function(scene, release, mode)
            made.__name__ = f"{function.__name__}_{release}_{mode}"
            check(made)
    return function


def list_by(document, by):
    return next(one for one in document["lists"] if one["by"] == by)


def steps_of(row):
    return {step["look"]: step for step in row["steps"]}


def change_of(document, by, text):
    """The rows of a list that are about something."""
    return [row for row in list_by(document, by)["changes"] if text in row["what"]]


def flow_of(step, type_name):
    return next((row for row in step["types"] if row["type"] == type_name), None)


def counted(scene, what, wanted, slot, sum_):
    scene.expect(f"{what}: objects", wanted, sum_["objects"])
    scene.expect(f"{what}: bytes", wanted * slot, sum_["bytes"])


def expect_lists(scene, what, document, before, after, strict_names):
    """What the program says it has, at both moments, in each list."""
    for name, slot, key, more in ((RECORD, RECORD_SLOT, "records", 0), (PAGE, PAGE_SLOT, "pages", GUEST_PAGES)):
        if before[key] == after[key]:
            continue
        rows = [row for row in list_by(document, "type")["changes"] if row["what"] == name]
        scene.expect(f"{what}: rows of {name}", 1, len(rows))
        steps = steps_of(rows[0])
        for look, truth in ((1, before), (len(document["looks"]), after)):
            scene.expect(f"{what}: {name} at look {look}", (truth[key] + more, (truth[key] + more) * slot), (steps[look]["count"], steps[look]["bytes"]))
        scene.expect(f"{what}: change of {name}", (after[key] - before[key]) * slot, rows[0]["change_bytes"])
        if document["seconds"]:
            scene.expect(f"{what}: {name} a second", round(rows[0]["change_bytes"] / document["seconds"]), round(rows[0]["per_second"]))
    if before["goroutines"] != after["goroutines"]:
        rows = change_of(document, "goroutines", "main.waitAt")
        scene.expect(f"{what}: places of main.waitAt", 1, len(rows))
        scene.expect(f"{what}: goroutines", after["goroutines"] - before["goroutines"], rows[0]["change_count"])
    if strict_names and before["pages"] != after["pages"]:
        for by in ("owner", "path"):
            rows = change_of(document, by, "main.library")
            scene.expect(f"{what}: main.library by {by}", 1, len(rows))
            scene.expect(f"{what}: main.library by {by}", (after["pages"] - before["pages"]) * PAGE_SLOT, rows[0]["change_bytes"])


def expect_sums(scene, what, document):
    """Every list accounts for all there is: rows, those that are folded or cut, and what is in none."""
    for one in document["lists"]:
        if one["absent"]:
            continue
        for look, all_ in enumerate(one["all"]):
            parts = [row["bytes"] for folded in ("cut", "settled", "unchanged") for row in [one[folded]["steps"][look]]]
            parts += [steps_of(row)[look + 1]["bytes"] for row in one["changes"] if look + 1 in steps_of(row)] + [one["rest"][look]["bytes"]]
            scene.expect(f"{what}: sum by {one['by']} at look {look + 1}", all_["bytes"], sum(parts))
            if one["by"] in ("type", "owner"):
                scene.expect(f"{what}: all by {one['by']} at look {look + 1}", document["looks"][look]["live"]["bytes"], all_["bytes"])
                scene.expect(f"{what}: rest by {one['by']}", 0, one["rest"][look]["bytes"])
    for step in document["steps"]:
        first, second = (document["looks"][step["from_look"] - 1 + i]["live"] for i in (0, 1))
        flow = step["objects"]
        for key in ("objects", "bytes"):
            scene.expect(f"{what}: what lived is told, {key}", first[key], flow["stayed"][key] + flow["unclear"][key] + flow["freed"][key])
            scene.expect(f"{what}: what lives is told, {key}", second[key],
                         flow["stayed"][key] + flow["unclear"][key] - flow["dropped"][key] + flow["revived"][key] + flow["allocated"][key])


def expect_step(scene, what, step, before, truth):
    """What became of records and pages in one step, by what the program says it did."""
    scene.expect(f"{what}: collections", truth["collections"], step["collections"])
    told = truth["collections"] < 2
    for name, slot, had, freed, made, more in ((RECORD, RECORD_SLOT, "records", "freed", "made", 0),
                                               (PAGE, PAGE_SLOT, "pages", "pages_freed", "pages_made", GUEST_PAGES)):
        flow = flow_of(step, name)
        scene.expect(f"{what}: {name} is there", True, flow is not None)
        if flow is None:
            continue
        stayed = before[had] + more - truth[freed]
        counted(scene, f"{what}: {name} stayed", stayed if told else 0, slot, flow["stayed"])
        counted(scene, f"{what}: {name} unclear", 0 if told else stayed, slot, flow["unclear"])
        counted(scene, f"{what}: {name} freed", truth[freed], slot, flow["freed"])
        counted(scene, f"{what}: {name} allocated", truth[made], slot, flow["allocated"])
        dropped = truth["records"] - (stayed + truth[made]) if name == RECORD else 0
        counted(scene, f"{what}: {name} dropped", -dropped, slot, flow["dropped"])
    if told:  # of two collections the first frees, so others may have come and gone there
        counted(scene, f"{what}: slots of records used anew", truth["reused"], RECORD_SLOT, flow_of(step, RECORD)["freed_slot_reused"])
    scene.expect(f"{what}: goroutines that came and ended", (truth["came"], truth["ended"]), (step["goroutines_came"], step["goroutines_ended"]))


@everywhere
def of_one_process_all_is_told_by_its_two_truths(scene, release, mode):
    with Fixture(scene.build("grows", mode, release)) as process:
        picture = moments(scene, process, ["keep", "grow"])
        truths, (a, b, c) = picture.truths, picture.files
        for what, before, after, first, second in (("without a collection", a, b, 0, 1), ("over one collection", b, c, 1, 2),
                                                   ("a capture and the process", b, process.pid, 1, 2)):
            document = scene.report("diff", before, after, "--top", 0)
            scene.expect(f"{what}: kinship", "one process", document["kinship"])
            expect_lists(scene, what, document, truths[first], truths[second], mode == "dwarf")
            expect_sums(scene, what, document)
            expect_step(scene, what, document["steps"][0], truths[first], truths[second])
        scene.expect("the process is unharmed", [], process.alarms())


@everywhere
def of_several_looks_each_step_is_told_and_what_rises_comes_first(scene, release, mode):
    with Fixture(scene.build("grows", mode, release)) as process:
        picture = moments(scene, process, ["grow", "again", "grow"])
        document = scene.report("diff", *picture.files, "--top", 0, "--ops", 1000)
        expect_lists(scene, "four looks", document, picture.truths[0], picture.truths[3], mode == "dwarf")
        expect_sums(scene, "four looks", document)
        scene.expect("steps", 3, len(document["steps"]))
        for number, step in enumerate(document["steps"]):
            expect_step(scene, f"step {number + 1}", step, picture.truths[number], picture.truths[number + 1])
        rows = list_by(document, "type")["changes"]
        rises = [row["rises"] for row in rows]
        scene.expect("what rises comes first", sorted(rises, reverse=True), rises)
        for name in (RECORD, PAGE):
            row = next(row for row in rows if row["what"] == name)
            scene.expect(f"{name} rises at every step", True, row["rises"])
            scene.expect(f"{name} an operation", row["change_bytes"] / 1000, row["per_operation"])
        text = scene.run("diff", *picture.files).stdout
        scene.expect("the text marks what rises", True, re.search(r"^↑ .* main\.page$", text, re.M) is not None)


@check
def two_processes_of_one_build_are_compared_by_names(scene):
    files = []
    truths = []
    for number, words in enumerate(([], ["grow"])):
        with Fixture(scene.build("grows", "stripped")) as process:
            truths.append(process.truth)
            for word in words:
                truths[-1] = process.ask(word)
            files.append(scene.folder / f"process{number}.hold")
            scene.run("capture", process.pid, "-o", files[-1])
    document = scene.report("diff", *files, "--top", 0)
    scene.expect("kinship", "different processes of one build", document["kinship"])
    scene.expect("no steps of objects", [], document["steps"])
    scene.expect("no time between them", None, document["seconds"])
    expect_lists(scene, "two processes", document, *truths, strict_names=False)
    expect_sums(scene, "two processes", document)


@check
def two_builds_are_compared_without_lines_of_code(scene):
    files = {}
    for name, program, mode in (("a", "grows", "dwarf"), ("b", "grows", "stripped"), ("c", "list", "stripped")):
        with Fixture(scene.build(program, mode)) as process:
            files[name] = scene.folder / f"{name}.hold"
            scene.run("capture", process.pid, "-o", files[name])
    done = scene.run("diff", files["a"], files["b"])
    scene.expect("two builds", 0, done.returncode)
    scene.expect("that is said", True, "The looks are at different builds" in done.stdout and "what was renamed looks gone and new" in done.stdout)
    done = scene.run("diff", files["a"], files["c"])
    scene.expect("two programs of one module", True, "called grows and list" in done.stdout)


@check
def cores_of_one_process_are_compared_object_by_object(scene):
    with Fixture(scene.build("grows", "stripped")) as process:
        truth, first = process.truth, process.sparse_core(scene.folder / "first")
        after = process.ask("grow")
        second = process.sparse_core(scene.folder / "second")
        hold = scene.folder / "second.hold"
        scene.run("capture", process.pid, "-o", hold)
    for what, other in (("two cores", second), ("a core and a capture", hold)):
        document = scene.report("diff", first, other, "--top", 0)
        scene.expect(f"{what}: one process", True, document["kinship"] in ("one process", "what seems to be one process"))
        expect_step(scene, what, document["steps"][0], truth, after)


@check
def looks_in_the_wrong_order_are_refused(scene):
    with Fixture(scene.build("grows", "stripped")) as process:
        picture = moments(scene, process, ["grow"])
    scene.refused("backwards", ["is an earlier moment of the process than", "in the order of time"], "diff", *reversed(picture.files))
    scene.refused("one look", ["which LATER?"], "diff", picture.files[0])
    scene.refused("a file that is none", ["nothing.hold"], "diff", picture.files[0], scene.folder / "nothing.hold", code=1)
    (scene.folder / "cut.hold").write_bytes(picture.files[1].read_bytes()[:5000])
    scene.refused("a file that was cut", ["cut.hold"], "diff", picture.files[0], scene.folder / "cut.hold", code=1)


@check
def every_row_has_a_command_that_shows_it(scene):
    with Fixture(scene.build("grows", "dwarf")) as process:
        picture = moments(scene, process, ["grow"])
    document = scene.report("diff", *picture.files, "--top", 0)
    rows = [row for one in document["lists"] for row in one["changes"]]
    scene.expect("there are rows", True, len(rows) > 5)
    paths = list_by(document, "path")["changes"]
    scene.expect("paths have commands of their own", [], [row["open"] for row in paths if not re.match("holdfast (why|owners) ", row["open"])])
    for row in rows:
        done = scene.run(*shlex.split(row["open"])[1:])
        scene.expect(f"{row['open']}: {done.stderr}", 0, done.returncode)
        scene.expect(f"{row['open']} shows something", False, re.search(r"^0 of |no .* match", done.stdout, re.M) is not None)


if __name__ == "__main__":
    arguments = scenes.parse(__doc__)
    sys.exit(scenes.run(check, arguments, lambda folder: scenes.Scene(arguments, folder)))
