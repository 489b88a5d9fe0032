#!/usr/bin/env python3
"""Checks how holdfast behaves when something interferes: outputs that fail, a file to write that is no file, Ctrl-C, Ctrl-Z, a
reader that goes away, little memory. The target must go on unharmed each time.

  tests/e2e/manners.py              all checks
  tests/e2e/manners.py --only TEXT  those whose name contains TEXT

Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time

import cells
import scenes
from processes import Fixture
from scenes import SECONDS

check = scenes.Checks()


class Scene(scenes.Scene):
    """Has a running target, too, which must be well after each check."""

    def __init__(self, arguments, target, folder):
        super().__init__(arguments, folder)
        self.target = target

    def finish(self):
        self.failures += state_of(self.target)

    def shell(self, script):
        """Runs a line in bash, with $H for holdfast and $P for the target."""
        return subprocess.run(["bash", "-c", script], timeout=SECONDS, cwd=self.folder, capture_output=True, text=True,
                              env=os.environ | {"H": self.binary, "P": str(self.target.pid)})

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())


@check
def failed_outputs_end_with_1(scene):
    ways = {"full": "/dev/full", "closed": "&-", "fine": "/dev/null"}
    for out, out_to in ways.items():
        for err, err_to in ways.items():
            for verb in ("$P", "types $P", "--json $P"):
                if out == "fine":
                    continue
                done = scene.shell(f"$H {verb} >{out_to} 2>{err_to}; echo $?")
                scene.expect(f"{verb} with stdout {out}, stderr {err}", "1\n", done.stdout)
    done = scene.shell("$H no-such-process 2>/dev/full; echo $?; $H --no-such-option 2>&-; echo $?; $H --help >/dev/full; echo $?")
    scene.expect("errors that cannot be said", "1\n2\n1\n", done.stdout)
    done = scene.shell("$H capture $P -o a.hold 2>/dev/full; echo $?; $H a.hold | grep -c pid")
    scene.expect("a capture whose remarks are lost", "1\n1\n", done.stdout)
    done = scene.shell("$H capture $P --json -o b.hold >&-; echo $?; $H b.hold | grep -c pid")
    scene.expect("a capture whose results are lost", "1\n1\n", done.stdout)


@check
def a_reader_that_goes_away_is_no_crash(scene):
    done = scene.shell("$H $P | true; echo ${PIPESTATUS[0]}; $H $P --json | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}")
    scene.expect("codes", True, done.stdout in ("1\n1\n", "1\n0\n"))  # a short JSON fits the pipe before its reader goes
    scene.expect("words", "", done.stderr)


@check
def capture_writes_to_what_is_there(scene):
    folder = scene.folder
    os.mkfifo(folder / "fifo")
    (folder / "real").write_text("precious")
    (folder / "link").symlink_to("real")
    (folder / "mine").write_text("x")
    (folder / "mine").chmod(0o604)
    reader = subprocess.Popen(["cat", "fifo"], cwd=folder, stdout=subprocess.PIPE)
    try:
        deadline = time.monotonic() + SECONDS
        while scene.shell("$H capture $P -o fifo").returncode == 2 and time.monotonic() < deadline:
            pass  # the reader has not opened it yet
        sent = reader.communicate(timeout=SECONDS)[0]
    finally:
        reader.kill()
        reader.wait()
    scene.expect("through the FIFO", b"holdfast", sent[:8])
    for output in ("link", "mine"):
        scene.expect(f"-o {output}", 0, scene.shell(f"$H capture $P -o {output}").returncode)
    scene.expect("real", b"holdfast", (folder / "real").read_bytes()[:8])
    scene.expect("link is a link", True, (folder / "link").is_symlink())
    scene.expect("mode", 0o604, stat.S_IMODE((folder / "mine").stat().st_mode))
    done = scene.shell("$H capture $P -o - | head -c 8; echo; $H capture $P -o >(head -c 8); sleep 0.3; echo; "
                       "$H capture $P -o /dev/stdout >> real; head -c 8 real")
    scene.expect("standard output", "holdfast\nholdfast\nholdfast", done.stdout)
    scene.expect("files", ["fifo", "link", "mine", "real"], scene.names())
    if os.geteuid() == 0:
        os.mknod(folder / "null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        scene.expect("-o null", 0, scene.shell("$H capture $P -o null").returncode)
        scene.expect("null is a device", True, stat.S_ISCHR((folder / "null").stat().st_mode))


@check
def capture_refuses_before_the_target_is_stopped(scene):
    (scene.folder / "folder").mkdir()
    os.mkfifo(scene.folder / "fifo")
    for output, words in (("folder", "is a folder"), ("fifo", "has no reader"), ("missing/a", "there is no folder"),
                          ("- --json", "cannot both go to standard output")):
        done = scene.shell(f"$H capture $P -o {output}")
        scene.expect(f"-o {output}", True, done.returncode in (1, 2) and words in done.stderr)
        scene.expect(f"-o {output}: a forecast, which comes before the stop", False, "held still" in done.stderr)


STOPPED = "holdfast: stopped on request"


def interrupt_at_many_moments(scene, arguments, words):
    """Sends SIGINT to a run of holdfast at 40 moments spread over the time that it takes. It must end soon and say one of
    `words` and nothing else but what a whole run says, too; or have done its work; or not have begun to listen."""
    whole = SECONDS
    for _ in range(3):  # the first run may have to read files and code that the others find in memory
        begun = time.monotonic()
        usual = {without_numbers(line) for line in scene.run(*arguments, cwd=scene.folder).stderr.splitlines()}
        whole = min(whole, time.monotonic() - begun)
    stopped = 0
    for attempt in range(40):
        moment = whole * attempt / 40
        holdfast = subprocess.Popen([scene.binary, *map(str, arguments)], cwd=scene.folder, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, text=True)
        time.sleep(moment)
        asked = time.monotonic()
        holdfast.send_signal(signal.SIGINT)
        said = holdfast.communicate(timeout=SECONDS)[1].splitlines()
        took = time.monotonic() - asked
        what = f"{' '.join(map(str, arguments))} interrupted after {moment * 1000:.0f} ms"
        if holdfast.returncode == 1:
            stopped += 1
            scene.expect(f"{what}: a word in {said}", True, [line for line in said if without_numbers(line) not in usual] in
                         [[one] for one in words])
            scene.expect(f"{what}: ended soon, not after {took:.1f} s", True, took < max(1, whole / 2))
        elif holdfast.returncode not in (0, -signal.SIGINT):
            scene.failures.append(f"{what}: ended with {holdfast.returncode}: {said}")
    if stopped < 5:
        scene.failures.append(f"{arguments}: stopped at {stopped} of 40 moments")


def without_numbers(line):
    """Whether others want the processors changes from run to run, too."""
    line = re.sub(r"\(\d+ threads? wants? \d+ processors? on this machine\)|\(longer if others want the processors\)", "(LOAD)", line)
    return re.sub(r"[0-9.]+", "N", line)


@check
def ctrl_c_ends_with_a_word_and_leaves_no_half_file(scene):
    """Until the process is found there is nothing to say of it."""
    words = (f"{STOPPED}; process {scene.target.pid} goes on unharmed", STOPPED)
    for arguments in ((scene.target.pid,), ("audit", scene.target.pid), ("capture", scene.target.pid, "-o", "a.hold")):
        interrupt_at_many_moments(scene, arguments, words)
        scene.failures += state_of(scene.target)
        scene.expect("files", True, set(scene.names()) <= {"a.hold"})


@check
def ctrl_c_says_nothing_of_a_process_where_there_is_none(scene):
    core = scene.target.core(scene.folder / "core")
    scene.expect("a capture", 0, scene.run("capture", scene.target.pid, "-o", scene.folder / "a.hold").returncode)
    for arguments in ((core, "--exe", scene.target.program), (scene.folder / "a.hold",), ("ps",)):
        interrupt_at_many_moments(scene, arguments, (STOPPED,))


@check
def pages_that_hold_nothing_are_not_copied(scene):
    with Fixture(cells.build(cells.Cell(scene.release, "untouched", "stripped"))) as target:
        done = scene.run(target.pid, "--json")
        foretold = scene.run(target.pid, "--json", "--dry-run")
        scene.failures += state_of(target)
    untouched = 64 << 20  # bytes of a slice of pointers that nobody wrote to
    scene.expect("read less than the slice", True, json.loads(done.stdout)["bytes_read"] < untouched // 2)
    scene.expect("foretold less than the slice", True, json.loads(foretold.stdout)["bytes"] < untouched // 2)


class MemoryGroup:
    """A control group with a limit, below our own; `path` is None if none can be made."""

    def __init__(self, limit):
        self.path = None
        memberships = [line.split(":", 2) for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines()]
        for _, controllers, group in memberships:
            if controllers.split(",") == ["memory"]:
                self.make(pathlib.Path("/sys/fs/cgroup/memory" + group), "memory.limit_in_bytes", limit)
            elif not controllers and "memory" in read("/sys/fs/cgroup/cgroup.controllers"):
                self.make(pathlib.Path("/sys/fs/cgroup" + group), "memory.max", limit)

    def make(self, parent, file, limit):
        path = parent / f"holdfast-manners-{os.getpid()}"
        try:
            path.mkdir()
            self.path = path
            (path / file).write_text(str(limit))
        except OSError:
            self.remove()

    def enter(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        if self.path:
            self.path.rmdir()
        self.path = None


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


@check
def too_little_memory_is_refused_before_the_stop(scene):
    group = MemoryGroup(16 << 20)
    if not group.path:
        print("  Skipped: no control group with a memory limit can be made here")
        return
    try:
        for verb in ((), ("capture", "-o", scene.folder / "a.hold")):
            done = scene.run(*verb, scene.target.pid, preexec_fn=group.enter)
            scene.expect("code", 1, done.returncode)
            scene.expect("words", True, "are needed and" in done.stderr and str(group.path) in done.stderr and
                         "--force" in done.stderr)
        done = scene.run("--dry-run", "--json", scene.target.pid, preexec_fn=group.enter)
        memory = json.loads(done.stdout)["memory"]
        scene.expect("left_in", str(group.path), memory["left_in"])
        scene.expect("need more than is left", True, memory["need_bytes"] > memory["left_bytes"])
        scene.expect("left is within the limit", True, memory["left_bytes"] <= 16 << 20)
        scene.expect("files", [], scene.names())
    finally:
        group.remove()


def state_of(target):
    """Returns what is wrong with the target now."""
    if target.process.poll() is not None:
        return [f"the target has ended with {target.process.returncode}"]
    return target.alarms()


def main():
    arguments = scenes.parse(__doc__)
    with Fixture(cells.build(cells.Cell(arguments.release, "zoo", "stripped"))) as target:
        return scenes.run(check, arguments, lambda folder: Scene(arguments, target, folder))


if __name__ == "__main__":
    sys.exit(main())
