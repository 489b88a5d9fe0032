"""Builds all programs of a Go module at once, and keeps them like the cells of the matrix: in
build/fixtures/<release>/<name>-<mode>-<hash>/, where the hash is over the sources, the way to build and the release."""
import hashlib

import cells
from serving import once

SOURCES = {".go", ".mod", ".sum"}


def digest(folder, release, mode, packages):
    h = hashlib.sha256(repr((cells.MODES[mode], cells.toolchains().get(release, release), packages)).encode())
    for file in sorted(folder.rglob("*")):
        if file.suffix in SOURCES:
            h.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return h.hexdigest()[:12]


def build(folder, release, mode, packages="./...", modfile=None):
    """Returns the folder with the programs of a module. Another go.mod beside its own may take its place: it builds the
    same sources with other versions of what they use."""
    chosen = modfile or folder / "go.mod"
    name = folder.name if modfile is None else f"{folder.name}-{modfile.stem}"
    flags = cells.MODES[mode].flags + ((f"-modfile={chosen}",) if modfile else ())
    ldflags = cells.MODES[mode].ldflags
    variables = [f"{k}={v}" for k, v in cells.MODES[mode].env]

    def make(draft):
        cells.run([cells.ROOT / "tools/go_release", release, "--", "env", *variables, "go", "build", *flags,
                   f"-ldflags={ldflags}", "-o", f"{draft}/", packages], cells.plain_environment(), folder)

    kept = cells.CACHE / release
    kept.mkdir(parents=True, exist_ok=True)
    return once(kept / f"{name}-{mode}-{digest(folder, release, mode, (packages, name))}", make)
