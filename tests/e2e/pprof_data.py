"""The test data of google/pprof, as its Go module has it at a fixed version: files, and profiles that its own tests build in
code, which a test of ours inside a copy of the module writes out."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import cells

MODULE, VERSION = "github.com/google/pprof", "v0.0.0-20261105003125-4bf881d7fb0b"
RELEASE = "1.26"  # of Go, that the version asks for
FOLDER = cells.ROOT / "build/readers/google-pprof"
FOLDERS = ("profile/testdata", "internal/driver/testdata", "internal/report/testdata")
# What lies there and is no profile: what pprof has to print, sources, a program.
NO_PROFILES = (".string", ".src", ".dot", ".rpt", ".md", ".bin")
BUILT = ("cpuProfile", "cpuProfileSmall", "heapProfile", "contentionProfile", "symzProfile", "longNameFuncsProfile")
WRITER = """package driver

import (
	"os"
	"path/filepath"
	"testing"

	"%s/profile"
)

func TestWriteProfiles(t *testing.T) {
	profiles := map[string]*profile.Profile{%s}
	profiles["dropFrames"] = cpuProfile()
	profiles["dropFrames"].DropFrames, profiles["dropFrames"].KeepFrames = "mangled(1|2|3).*", "mangled3001"
	for name, p := range profiles {
		file, err := os.Create(filepath.Join(os.Getenv("FOLDER"), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Write(file); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
}
"""


def go(*words, cwd, release=RELEASE, env=None):
    command = [cells.ROOT / "tools/go_release", release, "--", "go", *map(str, words)]
    env = cells.plain_environment() | {"GOFLAGS": "-mod=mod"} | (env or {})
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"go {' '.join(map(str, words))}: {done.stderr or done.stdout}")
    return done.stdout


def module():
    """Returns the folder of the module in the cache of the Go command."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "go.mod").write_text(f"module reader\n\ngo {RELEASE}.0\n")
    return pathlib.Path(json.loads(go("mod", "download", "-json", f"{MODULE}@{VERSION}", cwd=FOLDER))["Dir"])


def files():
    """Yields the paths of all profiles that lie in the module."""
    for folder in FOLDERS:
        for file in sorted((module() / folder).iterdir()):
            if file.is_file() and file.suffix not in NO_PROFILES and not file.name.startswith(("pprof.", "sample", "source")) or file.name == "sample.cpu":
                yield file


def built():
    """Yields the paths of the profiles that the module's tests build."""
    writer = WRITER % (MODULE, ", ".join(f'"{name}": {name}()' for name in BUILT))
    folder = FOLDER / f"built-{hashlib.sha256((VERSION + writer).encode()).hexdigest()[:12]}"
    if not folder.exists():
        copy, draft = FOLDER / "copy", FOLDER / "draft"
        for old in (copy, draft):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(module(), copy)
        subprocess.run(["chmod", "-R", "u+w", copy], check=True)
        draft.mkdir()
        (copy / "internal/driver/write_profiles_test.go").write_text(writer)
        go("test", "-vet=off", "-run=^TestWriteProfiles$", "./internal/driver", cwd=copy, env={"FOLDER": str(draft)})
        os.replace(draft, folder)
        shutil.rmtree(copy)
    yield from sorted(folder.iterdir())
