"""What scripts of checks have in common: a scene for each check, their options, and the last line `N passed, N failed`."""
import argparse
import json
import pathlib
import subprocess
import tempfile

import cells
from processes import Broken

SECONDS = 60


class Checks(list):
    """The checks of a script, in order; used as a decorator: @check, or @check.slow for those that only --all makes."""

    def __call__(self, function):
        self.append(function)
        return function

    def slow(self, function):
        function.slow = True
        return self(function)


class Scene:
    """A folder of our own, holdfast, and what has failed so far."""

    def __init__(self, arguments, folder):
        self.binary, self.release = str(arguments.holdfast.resolve()), arguments.release
        self.folder, self.failures = pathlib.Path(folder), []

    def expect(self, what, wanted, got):
        if wanted != got:
            self.failures.append(f"{what}: expected {wanted!r}, got {got!r}")

    def build(self, program, mode, release=None):
        return cells.build(cells.Cell(release or self.release, program, mode))

    def run(self, *arguments, **more):
        return subprocess.run([self.binary, *map(str, arguments)], timeout=SECONDS, capture_output=True, text=True, **more)

    def report(self, *arguments):
        done = self.run(*arguments, "--json")
        if done.returncode != 0:
            raise Broken(f"{arguments}: {done.stderr}")
        return json.loads(done.stdout)

    def refused(self, what, words, *arguments, code=2):
        done = self.run(*arguments)
        self.expect(f"{what}: the code", code, done.returncode)
        for word in words:
            self.expect(f"{what}: {word!r} in {done.stderr!r}", True, word in done.stderr)

    def finish(self):
        """What is to hold after each check."""


def parse(doc):
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="also checks that fetch and build other people's programs")
    parser.add_argument("--only", default="", metavar="TEXT", help="checks whose name contains this")
    parser.add_argument("--release", default="1.26", help="Go release of the targets [1.26]")
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast", help="the program")
    return parser.parse_args()


def run(checks, arguments, scene_in):
    """Runs the checks, each in a scene of its own, which scene_in(folder) makes; returns the exit code.
    That no check was made is a failure, too."""
    failed = passed = 0
    for function in checks:
        name = function.__name__.replace("_", " ")
        if arguments.only not in name or (getattr(function, "slow", False) and not arguments.all):
            continue
        with tempfile.TemporaryDirectory() as folder:
            scene = scene_in(folder)
            try:
                function(scene)
            except (Broken, OSError, ValueError, subprocess.SubprocessError, cells.BuildFailed) as error:
                scene.failures.append(str(error))
            scene.finish()
        passed += not scene.failures
        failed += bool(scene.failures)
        for text in scene.failures:
            print(f"  FAIL {name}: {text}", flush=True)
    if not passed + failed:
        print(f"  FAIL --only {arguments.only}: no check is called so, or it needs --all", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1
