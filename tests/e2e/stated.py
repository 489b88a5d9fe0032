"""Asks holdfast about a program that states the answers itself: the process, a core, and captures with content and without."""
import argparse
import pathlib
import subprocess
import tempfile

import cells
from processes import Fixture


def pictures(holdfast, fixture, folder):
    """Yields (name, target, whether it has content) of everything that can be asked about the process."""
    yield "live", fixture.pid, True
    yield "core", fixture.sparse_core(folder / "core"), True
    for name, options in (("hold", ["--with-content"]), ("hold without content", [])):
        path = folder / f"{name}.hold"
        subprocess.run([holdfast, "capture", str(fixture.pid), "-o", path, *options], check=True, stderr=subprocess.DEVNULL)
        yield name, path, bool(options)


def main(description, program, releases, wrong, wrong_at_last=lambda holdfast, fixture: ()):
    """Returns the exit code. wrong(holdfast, name, target, truth, mode, content) yields what is wrong about a picture,
    wrong_at_last what is wrong about the process after all of them."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast", type=pathlib.Path)
    parser.add_argument("--releases", type=lambda text: text.split(","), default=releases)
    parser.add_argument("--modes", type=lambda text: text.split(","), default=("dwarf", "stripped"))
    arguments = parser.parse_args()
    holdfast, passed, failed = arguments.holdfast.resolve(), 0, 0
    for release in arguments.releases:
        for mode in arguments.modes:
            cell = cells.Cell(release, program, mode)
            with tempfile.TemporaryDirectory(prefix=f"holdfast-{program}-") as folder, Fixture(cells.build(cell)) as fixture:
                found = {name: list(wrong(holdfast, name, target, fixture.truth, cells.MODES[mode], content))
                         for name, target, content in pictures(holdfast, fixture, pathlib.Path(folder))}
                found["at last"] = list(wrong_at_last(holdfast, fixture))
            for name, texts in found.items():
                passed, failed = passed + (not texts), failed + bool(texts)
                for text in texts[:12]:
                    print(f"FAIL {cell} {name}: {text[:1500]}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return bool(failed)
