"""Cells of the matrix: a Go release x a program x a way to build it; and their binaries, built once and kept.

A binary lies in build/fixtures/<release>/<program>-<mode>-<hash>/, where the hash is over the sources, the way to build
and the exact release; so a second run builds nothing, and nobody has to clean up.
"""
import dataclasses
import functools
import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAMS = HERE / "programs"
CACHE = ROOT / "build/fixtures"


def minor(release):
    return int(release.split(".")[1])


@functools.cache
def toolchains():
    """{"1.26": "1.26.11", ...}: the last patch release of each minor release that the project knows."""
    lines = (ROOT / "data/go_releases.txt").read_text().splitlines()
    return {".".join(v.split(".")[:2]): v for v in lines if v and not v.startswith("#")}


@dataclasses.dataclass(frozen=True)
class Mode:
    """One way to build."""
    flags: tuple = ()
    ldflags: str = ""
    env: tuple = (("CGO_ENABLED", "0"),)
    first: int = 19  # minor releases that have it
    last: int = 99
    dwarf: bool = True
    current_go_line: bool = False
    drop_section_headers: bool = False


CGO = (("CGO_ENABLED", "1"),)
STATIC = (("CGO_ENABLED", "0"),)


def experiment(name):
    return STATIC + (("GOEXPERIMENT", name),)


MODES = {
    "dwarf": Mode(),
    "stripped": Mode(ldflags="-s -w", dwarf=False),
    "noheaders": Mode(ldflags="-s -w", dwarf=False, drop_section_headers=True),
    "pie": Mode(flags=("-buildmode=pie",)),
    "pie-stripped": Mode(flags=("-buildmode=pie", "-trimpath"), ldflags="-s -w", dwarf=False),
    "external": Mode(ldflags="-linkmode=external", env=CGO),
    "external-stripped": Mode(ldflags="-linkmode=external -s -w", env=CGO, dwarf=False),
    "race": Mode(flags=("-race",), env=CGO),
    "unoptimised": Mode(flags=("-gcflags=all=-N -l",)),
    "goline": Mode(current_go_line=True, ldflags="-s -w", dwarf=False),
    "noswissmap": Mode(env=experiment("noswissmap"), ldflags="-s -w", dwarf=False, first=24, last=25),
    "greenteagc": Mode(env=experiment("greenteagc"), ldflags="-s -w", dwarf=False, first=25, last=25),
    "nogreenteagc": Mode(env=experiment("nogreenteagc"), ldflags="-s -w", dwarf=False, first=26, last=26),
    "leakprofile": Mode(env=experiment("goroutineleakprofile"), ldflags="-s -w", dwarf=False, first=26, last=26),
}

ASKED = {"lines", "made", "profile_ladder", "rings"}  # they take arguments, and say nothing of all their memory
NAMES = sorted(p.name for p in PROGRAMS.iterdir() if (p / "main.go").exists() and p.name not in ASKED)
NEED_C = {"cgo", "cshared", "malloc", "plugin"}  # they link externally, whatever the mode says
ONLY_PLAIN = {"plugin": {"dwarf", "stripped"}, "dotted": {"dwarf", "stripped"}, "cshared": {"dwarf", "stripped"},
              "malloc": {"dwarf", "stripped"},
              "cgo": {"dwarf", "stripped", "pie", "pie-stripped", "race"}}
FIRST = {"leak_profile": 26}


@dataclasses.dataclass(frozen=True, order=True)
class Cell:
    release: str
    program: str
    mode: str

    def __str__(self):
        return f"{self.release} {self.program} {self.mode}"

    def exists(self):
        """Whether this release can build this program so."""
        mode, release = MODES[self.mode], minor(self.release)
        if self.mode not in ONLY_PLAIN.get(self.program, MODES):
            return False
        return max(mode.first, FIRST.get(self.program, 0)) <= release <= mode.last


def plain_environment():
    """Returns the caller's environment without what would change a build."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("GOEXPERIMENT", "GOFLAGS", "GODEBUG", "CGO_"))} | \
        {"GOFLAGS": "-buildvcs=false"}


class BuildFailed(Exception):
    pass


def run(command, env, cwd):
    done = subprocess.run(command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise BuildFailed(f"{' '.join(map(str, command))}\n{done.stdout}")


def drop_section_headers(path):
    """Makes an ELF file claim that it has no sections, as packers and some strippers do."""
    with open(path, "r+b") as f:
        ident = f.read(16)
        if ident[:5] != b"\x7fELF\x02":
            raise BuildFailed(f"{path}: not a 64-bit ELF file: {ident.hex()}")
        f.seek(0x28)
        f.write(struct.pack("<Q", 0))  # e_shoff
        f.seek(0x3A)
        f.write(struct.pack("<HHH", 0, 0, 0))  # e_shentsize, e_shnum, e_shstrndx


def digest(cell):
    h = hashlib.sha256(repr((cell, MODES[cell.mode], toolchains()[cell.release])).encode())
    for file in [pathlib.Path(__file__), PROGRAMS / "go.mod",
                 *sorted((PROGRAMS / "truth").rglob("*")), *sorted((PROGRAMS / cell.program).rglob("*"))]:
        if file.is_file():
            h.update(f"{file.name}\0".encode() + file.read_bytes())
    return h.hexdigest()[:12]


def build(cell):
    """Returns the path of the cell's program, built if need be. Raises BuildFailed with what the compiler said."""
    folder = CACHE / cell.release / f"{cell.program}-{cell.mode}-{digest(cell)}"
    program = folder / cell.program
    if program.exists():
        return program
    draft = folder.with_name(f"{folder.name}.draft-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        compile_into(draft, cell)
        try:
            draft.rename(folder)
        except OSError:  # another run was faster
            if not program.exists():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return program


def compile_into(draft, cell):
    mode = MODES[cell.mode]
    # These are set behind go_release, whose own Go command may not know the experiments of another release.
    variables = [f"{k}={v}" for k, v in (dict(mode.env) | (dict(CGO) if cell.program in NEED_C else {})).items()]
    go = [ROOT / "tools/go_release", cell.release, "--", "env", *variables, "go", "build"]
    flags = list(mode.flags) + ([f"-ldflags={mode.ldflags}"] if mode.ldflags else [])
    if mode.current_go_line:
        modfile = draft / "go.mod"
        modfile.write_text((PROGRAMS / "go.mod").read_text().replace("go 1.19", f"go {cell.release}"))
        flags.append(f"-modfile={modfile}")
    output = draft / cell.program

    def go_build(name, *more):
        run([*go, *flags, "-o", str(draft / name), *more], plain_environment(), PROGRAMS)

    if cell.program == "plugin":
        go_build(cell.program, "./plugin")
        go_build("lib.so", "-buildmode=plugin", "./plugin/lib")
    elif cell.program == "cshared":
        go_build("libfixture.so", "-buildmode=c-shared", "./cshared")
        run(["gcc", "-O1", "-g", "-o", str(output), str(PROGRAMS / "cshared/host.c"),
             f"-L{draft}", "-lfixture", "-Wl,-rpath,$ORIGIN"], os.environ, PROGRAMS)
    else:
        go_build(cell.program, f"./{cell.program}")
    if mode.drop_section_headers:
        drop_section_headers(output)


def main(names):
    """Builds the named cells ("release program mode"), or prints all that exist."""
    for name in names:
        print(build(Cell(*name.split())))
    if not names:
        for release in toolchains():
            for program in NAMES:
                for mode in MODES:
                    cell = Cell(release, program, mode)
                    if cell.exists():
                        print(cell)


if __name__ == "__main__":
    main(sys.argv[1:])
