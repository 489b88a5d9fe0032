#!/usr/bin/env python3
"""Whether holdfast takes a target in the form in which people have it: cores that were cut or compressed, a file named like a
process, an old capture, a program without section headers or with dots in its import paths, a core that Delve wrote; and
whether filters and cut lists say what they should.

  tests/e2e/forms.py              all checks but those that need other people's programs
  tests/e2e/forms.py --all        these, too: fetches and builds Delve once
  tests/e2e/forms.py --only TEXT  those whose name contains TEXT

Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import os
import re
import shutil
import subprocess
import sys

import cells
import cores
import scenes
from identity import MEMORY_SLACK, expect_given, scrambled
from processes import Fixture

DELVE = "github.com/go-delve/delve/cmd/dlv@v1.27.0"

check = scenes.Checks()


def copy_of(core, path, size):
    """The first bytes of a core; what is a hole stays one."""
    subprocess.run(["cp", "--sparse=always", core, path], check=True)
    os.truncate(path, size)
    return path


@check
def a_cut_core_is_said_to_be_one_and_nothing_else(scene):
    program = scene.build("zoo", "stripped")
    with Fixture(program) as target:
        core = target.core(scene.folder / "core")
        part = copy_of(core, scene.folder / "cut", core.stat().st_size // 2)
        for more in ((), ("--exe", program)):  # gdb's notes, which name the program, are at the end
            scene.refused("a cut core of gdb", ["cut (cut off by a size limit or a full disk: ", "copy the core again"],
                          part, *more, code=1)
        scene.failures += target.alarms()
    (scene.folder / "crash").mkdir()
    with Fixture(program, folder=scene.folder / "crash", crash=True) as target:
        core = target.kernel_core()
        part = copy_of(core, scene.folder / "cut", 64 << 10)
        done = scene.run(part)
        scene.expect("a cut core of the kernel", (1, True, False),
                     (done.returncode, "(cut off by a size limit or a full disk: " in done.stderr, "layouts" in done.stderr))


@check
def a_file_wins_over_processes_of_its_name_that_are_no_go_program(scene):
    """As ./sleep here does over /usr/bin/sleep. A Go program of the name wins with a word."""
    sleeper, goer = (f"{name}-{os.getpid()}" for name in ("sleeper", "goer"))
    (scene.folder / "bin").mkdir()
    shutil.copy(shutil.which("sleep"), scene.folder / "bin" / sleeper)
    shutil.copy(scene.build("zoo", "stripped"), scene.folder / "bin" / goer)
    sleep = subprocess.Popen([scene.folder / "bin" / sleeper, "60"])
    try:
        scene.refused("no file, and no Go program", [sleeper], "types", sleeper, code=1)
        with Fixture(scene.folder / "bin" / goer) as target:
            for name in (sleeper, goer):
                scene.expect("a capture", 0, scene.run("capture", target.pid, "-o", scene.folder / name).returncode)
            done = scene.run("types", sleeper, cwd=scene.folder)
            scene.expect("the sleeper is the file", (0, ""), (done.returncode, done.stderr))
            done = scene.run("types", goer, cwd=scene.folder)
            words = f"{goer} is process {target.pid} and a file here, too; this is the process, ./{goer} is the file"
            scene.expect(f"the Go program is the process: {done.stderr!r}", (0, True), (done.returncode, words in done.stderr))
    finally:
        sleep.kill()
        sleep.wait()


@check
def an_old_capture_says_what_it_lacks_and_which_verbs_that_costs(scene):
    old = cells.ROOT / "tests/golden/hold/format-4.hold"
    lacking = ("what malloc had", "no list of mappings", "no limits and no pace", "more Go runtimes", "`export` has nothing",
               "no labels of goroutines", "no channels", "how the runtime keeps its spans", "who could wake its goroutines",
               "which words of stacks", "which modules the program", "how full its maps are",
               "cover of large objects", "which timers were pending", "what the locks say", "name memory that was freed",
               "single elements of large objects",
               "have locks of package variables", "which connections and files were closed")
    for verb in ("report", "account", "audit"):
        text = scene.run(verb, old).stdout
        scene.expect(f"{verb}: {text}", [], [words for words in lacking if words not in text])
        kinds = [loss["kind"] for loss in scene.report(verb, old)["losses"]]
        scene.expect(f"{verb} --json", ["missing-section"] * len(lacking), kinds)


@check
def a_filter_that_cannot_match_is_refused(scene):
    old = cells.ROOT / "tests/golden/hold/format-4.hold"
    for verb, test in (("goroutines", "doing=foo"), ("goroutines", "wait_reason=foo"), ("goroutines", "state~foo"),
                       ("roots", "basis=foo"), ("roots", "section=foo"), ("roots", "kind!=foo"), ("types", "known_by=foo"),
                       ("types", "count<0"), ("ps", "stripped=2")):
        scene.refused(test, [f"--filter {test}: "], verb, *([] if verb == "ps" else [old]), "--filter", test)


@check
def a_cut_list_says_how_many_bytes_it_leaves_out(scene):
    with Fixture(scene.build("zoo", "stripped")) as target:
        scene.expect("a capture", 0, scene.run("capture", target.pid, "-o", scene.folder / "a.hold").returncode)
    for verb, column in (("types", "own"), ("roots", "retained"), ("goroutines", "total"), ("spans", "size")):
        text = scene.run(verb, scene.folder / "a.hold", "--top", "1").stdout
        scene.expect(f"{verb}: {text}", True, re.search(rf"^and [0-9,]+ more, {column} [0-9.,]+ \w+; `--top 0`", text, re.M) is not None)
    roots = scene.report("roots", scene.folder / "a.hold", "--top", "0")["roots"]
    whole = sum(root["retained"] for root in roots if root["under"] is None)
    heap = scene.report("report", scene.folder / "a.hold")["heap"]["reachable_bytes"]
    scene.expect("roots add up to the live heap", heap, whole)


@check
def the_cores_of_the_matrix_are_those_of_gdb(scene):
    for mode in ("stripped", "external"):
        with Fixture(scene.build("zoo", mode)) as target, cores.stopped(target.pid):
            ours, gdbs = (cores.contents(make(target.pid, scene.folder / make.__name__))
                          for make in (cores.core_of_stopped, cores.gcore))
        scene.expect(f"{mode}: segments", list(gdbs), list(ours))
        scene.expect(f"{mode}: segments with other bytes", [], [s for s in gdbs if gdbs[s] != ours.get(s)])


@check
def a_compressed_core_is_read_after_the_command_that_is_said(scene):
    with Fixture(scene.build("zoo", "stripped"), folder=scene.folder, crash=True) as target:
        core = target.kernel_core()
    for command, name, ending in (("zstd -q -1", "zstd", "zst"), ("gzip -1 -k", "gzip", "gz")):
        packed = f"{core}.{ending}"
        subprocess.run(f"{command} {core}", shell=True, check=True)
        done = scene.run(packed)
        said = re.search(rf"{re.escape(packed)} is compressed with {name}: make it a plain file first, (.*)", done.stderr)
        scene.expect(f"{name}: {done.stderr!r}", (2, True), (done.returncode, said is not None))
        if said is None:
            continue
        core.unlink()
        subprocess.run(said[1], shell=True, check=True, capture_output=True)
        scene.expect(f"{name}: clean", True, scene.report(core)["audit"]["clean"])


@check
def a_pid_is_a_process_and_its_namesake_is_mentioned(scene):
    with Fixture(scene.build("zoo", "stripped")) as target:
        namesake = str(target.pid)
        scene.report("capture", target.pid, "-o", scene.folder / namesake)
        done = scene.run(namesake, cwd=scene.folder)
        scene.expect("the process", (0, False, True),
                     (done.returncode, ", capture of" in done.stdout, f"./{namesake} is the file" in done.stderr))
        done = scene.run(f"./{namesake}", cwd=scene.folder)
        scene.expect("the file", (0, True, ""), (done.returncode, ", capture of" in done.stdout, done.stderr))
        scene.failures += target.alarms()


@check
def dots_of_an_import_path_are_shown_as_dots(scene):
    for mode in ("dwarf", "stripped"):
        program = scene.build("dotted", mode)
        scene.expect(f"{mode}: the linker writes escapes", True, b"paho%2emqtt%2egolang" in program.read_bytes())
        with Fixture(program) as target:
            answers = [scene.run(*verb, target.pid, *how).stdout
                       for verb in (["report"], ["types", "--top", "0"], ["roots", "--top", "0"],
                                    ["goroutines", "--each", "--stacks", "--top", "0"], ["audit"])
                       for how in ([], ["--json"])]
            scene.failures += target.alarms()
        scene.expect(f"{mode}: answers", 0, len([a for a in answers if not a]))
        scene.expect(f"{mode}: escapes", [], [line for a in answers for line in a.splitlines() if "%2e" in line])
        for number, what in ((0, "report"), (1, "report --json"), (2, "types"), (6, "goroutines")):
            scene.expect(f"{mode}: a path with dots in {what}", True, "paho.mqtt.golang.(" in answers[number] or
                         "paho.mqtt.golang.receive" in answers[number] or "paho.mqtt.golang.Message" in answers[number])


@check
def a_scrambled_program_without_section_headers_is_read(scene):
    with Fixture(scrambled(scene, scene.build("zoo", "noheaders"))) as target:
        expect_given(scene, "live", target.pid, target.truth)
        rows = [r for r in scene.report("ps", "--top", "0")["processes"] if r["pid"] == target.pid]
        scene.expect("ps: rows without a release that say what to do", [(None, True)],
                     [(r["go"], "--go-release" in r["trouble"]) for r in rows])
        # What is true of one process would be false of the others.
        scene.refused("ps --go-release", ["ps takes no option --go-release"], "ps", "--go-release", scene.release)
        scene.failures += target.alarms()


def linked_shared(scene):
    """A zoo whose runtime is a library of its own, as -linkshared makes it. Built once: Go writes the library into its own root,
    so it gets a copy."""
    folder = cells.CACHE / scene.release / f"zoo-linkshared-{cells.toolchains()[scene.release]}"
    program, root = folder / "zoo", folder / "go"
    if program.exists():
        return program
    shutil.rmtree(folder, ignore_errors=True)
    toolchain = [cells.ROOT / "tools/go_release", scene.release]
    shutil.copytree(subprocess.run(toolchain, capture_output=True, text=True, check=True).stdout.strip(), root, symlinks=True)
    for path in (root, *(path for path in root.rglob("*") if path.is_dir())):
        path.chmod(0o755)  # a toolchain in the module cache is read-only
    env = cells.plain_environment() | {"GOROOT": str(root), "GOTOOLCHAIN": "local", "CGO_ENABLED": "1"}
    cells.run([root / "bin/go", "install", "-buildmode=shared", "runtime", "sync/atomic"], env, cells.PROGRAMS)
    cells.run([root / "bin/go", "build", "-linkshared", "-o", program, "./zoo"], env, cells.PROGRAMS)
    for part in root.iterdir():
        if part.name != "pkg":
            shutil.rmtree(part) if part.is_dir() else part.unlink()
    return program


@check
def a_program_with_the_runtime_in_a_shared_library_is_read_whole(scene):
    with Fixture(linked_shared(scene)) as target:
        report = scene.report(target.pid)
        scene.expect("clean", True, report["audit"]["clean"])
        scene.expect("modules", 2, report["target"]["modules"])
        held = target.truth["memstats"]["HeapAlloc"]
        off = abs(report["heap"]["reachable_bytes"] - held)
        scene.expect(f"{off} bytes off {held}", True, off <= MEMORY_SLACK)
        names = {holder["name"] for holder in target.truth["holders"]}
        roots = {r["name"] for r in scene.report("roots", target.pid, "--filter", "kind=global", "--top", "0")["roots"]}
        scene.expect("variables of the program that are missing", set(), names - roots)
        scene.failures += target.alarms()


def delve():
    folder = cells.ROOT / "build/tools" / DELVE.replace("/", "_")
    if not (folder / "dlv").exists():
        subprocess.run(["go", "install", DELVE], env={**os.environ, "GOBIN": folder, "GOFLAGS": "-mod=mod"}, check=True)
    return folder / "dlv"


@check.slow
def a_core_of_delve_is_read_with_its_program(scene):
    with Fixture(scene.build("zoo", "stripped")) as target:
        core = scene.folder / "core"
        (scene.folder / "commands").write_text(f"dump {core}\nexit\n")
        subprocess.run([delve(), "attach", str(target.pid), "--init", scene.folder / "commands", "--allow-non-terminal-interactive"],
                       input=b"n\n", capture_output=True, timeout=scenes.SECONDS, check=True)  # it asks whether to kill the target
        scene.refused("without its program", ["does not say which program it is of", "--exe"], core)
        report = scene.report(core, "--exe", target.program)
        scene.expect("clean", True, report["audit"]["clean"])
        scene.failures += target.alarms()


if __name__ == "__main__":
    ARGUMENTS = scenes.parse(__doc__)
    sys.exit(scenes.run(check, ARGUMENTS, lambda folder: scenes.Scene(ARGUMENTS, folder)))
