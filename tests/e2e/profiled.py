"""The program of tests/e2e/profiled: it has written each of its profiles in each form, and serves them over HTTP."""
import pathlib
import subprocess

import cells
import modules

FOLDER = cells.ROOT / "tests/e2e/profiled"


class Profiled:
    """The running program. It ends with the `with` block."""

    def __init__(self, release, folder):
        self.program, self.folder = modules.build(FOLDER, release, "dwarf", ".") / "profiled", pathlib.Path(folder)

    def __enter__(self):
        self.process = subprocess.Popen([self.program, self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.address = self.process.stdout.readline().strip()
        return self

    def file(self, name, form):
        return self.folder / f"{name}.{form}"

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
