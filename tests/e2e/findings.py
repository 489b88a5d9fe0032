#!/usr/bin/env python3
"""Checks each detector with a Go program that has its fault, and with a twin that has not.

  tests/e2e/findings.py HOLDFAST [--releases 1.19,1.26] [--modes dwarf,stripped] [--detectors sparse_map,...]
                        [--targets live,hold,core] [--show]

The programs are src/detect/detectors/*/fixture.go: package NAME, with Fault() and Twin(), each of which leaves behind what
the detector is to look at; a detector may have more of them, as fixture_OTHER.go: package NAME_OTHER. A line `// expects: strong` says how sure the finding has to be, `// since: strong` how sure with
an earlier look, after which FaultLater() or TwinLater() ran, `//go:build go1.24` which release is the first that can build
it, `// last: 1.26` which is the last that has the fault, `// targets: live,hold` that other ways to look at it cannot tell,
`// values` that what strings contain is to be read, `// frees nothing` that it is about no bytes. All of them are one
program, which does what its arguments say; those that need C are another one.

With the fault, the detector's finding comes first (a possible one may come later), and it is as sure as the file says. With
the twin the detector says nothing, and nobody else is sure of anything. Ends with `N passed, N failed`.
"""
import argparse
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import cells
from processes import Broken, Fixture, Holdfast

DETECTORS = cells.ROOT / "src/detect/detectors"
RELEASES = ("1.26",)
SURE = ("proven", "strong")

MAIN = """// Written by tests/e2e/findings.py.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"

IMPORTS)

var ballast [16][]byte

func main() {
	for i := range ballast {
		ballast[i] = make([]byte, 1<<20)
	}
	cases := map[string]func(){
CASES	}
	run, ok := cases[os.Args[1]]
	if !ok {
		fmt.Fprintf(os.Stderr, "no case is called %q\\n", os.Args[1])
		os.Exit(2)
	}
	run()
	if len(os.Args) < 3 {
		runtime.GC()
		runtime.GC()
	}
	fmt.Println("{}")
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		if later, ok := cases[os.Args[1]+".later"]; ok {
			later()
		}
		fmt.Println("{}")
	}
	runtime.KeepAlive(&ballast)
}
"""


class Case:
    def __init__(self, source):
        self.detector, self.source = source.parent.name, source
        self.name = self.detector + source.stem.removeprefix("fixture")
        text = self.source.read_text()
        expects = re.search(r"^// expects: (proven|strong|possible)$", text, re.M)
        if not expects:
            raise SystemExit(f"{self.source}: no line `// expects: proven`, strong or possible")
        self.confidence = expects[1]
        first = re.search(r"^//go:build go1\.(\d+)$", text, re.M)
        self.first = int(first[1]) if first else 19
        last = re.search(r"^// last: 1\.(\d+)$", text, re.M)
        self.last = int(last[1]) if last else 99
        targets = re.search(r"^// targets: ([a-z,]+)$", text, re.M)
        self.targets = targets[1].split(",") if targets else ["live", "hold", "core"]
        self.frees_nothing = "\n// frees nothing\n" in text
        self.needs_c = re.search(r'^(import )?\t?"(C|runtime/cgo)"$', text, re.M) is not None
        self.values = "\n// values\n" in text  # what strings contain is to be read
        since = re.search(r"^// since: (proven|strong|possible)$", text, re.M)
        self.since = since[1] if since else None  # how sure the finding has to be with an earlier look
        self.uncollected = "\n// uncollected\n" in text  # no collection is to come after it

    @property
    def id(self):
        return self.detector.replace("_", "-")


def cases(names):
    found = [Case(path) for path in sorted(DETECTORS.glob("*/fixture*.go"))]
    without = sorted({p.parent.name for p in DETECTORS.glob("*/rule.cc")} - {case.detector for case in found})
    if without:
        raise SystemExit(f"detectors without a fixture.go: {', '.join(without)}")
    return [case for case in found if not names or case.detector in names]


def build(release, mode, all_cases, needs_c):
    """Returns the path of the program with all cases that the release can build, built if need be."""
    able = [case for case in all_cases if case.first <= cells.minor(release) and case.needs_c == needs_c]
    h = hashlib.sha256(repr((MAIN, cells.MODES[mode], cells.toolchains()[release])).encode())
    for case in able:
        h.update(case.name.encode() + case.source.read_bytes())
    folder = cells.CACHE / release / f"detectors-{mode}{'-c' if needs_c else ''}-{h.hexdigest()[:12]}"
    if (folder / "detectors").exists():
        return folder / "detectors"
    shutil.rmtree(folder, ignore_errors=True)
    for case in able:
        (folder / case.name).mkdir(parents=True)
        shutil.copy(case.source, folder / case.name)
    imports = "".join(f'\t"fixture/{case.name}"\n' for case in able)
    functions = "".join(f'\t\t"{case.name}.fault": {case.name}.Fault,\n\t\t"{case.name}.twin": {case.name}.Twin,\n' for case in able)
    functions += "".join(f'\t\t"{case.name}.{which.lower()}.later": {case.name}.{which}Later,\n'
                         for case in able if case.since for which in ("Fault", "Twin"))
    (folder / "main.go").write_text(MAIN.replace("IMPORTS", imports).replace("CASES", functions))
    (folder / "go.mod").write_text("module fixture\n\ngo 1.19\n")
    variables = [f"{k}={v}" for k, v in {**dict(cells.MODES[mode].env), **(dict(cells.CGO) if needs_c else {})}.items()]
    flags = [f"-ldflags={cells.MODES[mode].ldflags}"] if cells.MODES[mode].ldflags else []
    cells.run([cells.ROOT / "tools/go_release", release, "--", "env", *variables, "go", "build", *flags, "-o", "detectors", "."],
              cells.plain_environment(), folder)
    return folder / "detectors"


def wrong_with_fault(case, findings, confidence):
    ours = [finding for finding in findings if finding["id"] == case.id]
    if not ours:
        folded = [f["id"] for f in findings for part in f["folded"] if part["id"] == case.id]
        yield f"no finding, but {[f['id'] for f in findings]}" + (f"; it is folded into {folded}" if folded else "")
        return
    if ours[0]["confidence"] != confidence:
        yield f"it is {ours[0]['confidence']}, not {confidence}: {ours[0]['because']}"
    if confidence in SURE and findings[0]["id"] != case.id:
        yield f"the first finding is {findings[0]['id']}: {findings[0]['title']}"
    for field in ("title", "because", "fix", "fault", "fingerprint", "open"):
        if not ours[0][field]:
            yield f"{field} is empty"
    if case.frees_nothing and ours[0]["bytes"]:
        yield f"mending it would free {ours[0]['bytes']} bytes"
    if not case.frees_nothing and not ours[0]["bytes"]:
        yield "mending it would free nothing"


def wrong_with_twin(case, findings, _):
    for finding in findings:
        if finding["id"] == case.id or finding["confidence"] in SURE:
            yield f"{finding['confidence']} {finding['id']}: {finding['title']} ({finding['because']})"


def findings_of(binary, target, options=()):
    return Holdfast(binary, target, options).parsed("report")["findings"]


def look(binary, program, case, which, asked, folder):
    """Yields (target, findings) of each way to look at the case."""
    targets = [target for target in asked if target in case.targets]
    values = ["--values"] if case.values else []
    with Fixture(program, [f"{case.name}.{which}", *(["uncollected"] if case.uncollected else [])]) as fixture:
        if "live" in targets:
            yield "live", findings_of(binary, fixture.pid, values)
        if "hold" in targets:
            Holdfast(binary, fixture.pid).run(["capture", fixture.pid, "-o", folder / "case.hold", *(["--with-content"] if case.values else [])])
            yield "hold", findings_of(binary, folder / "case.hold")
        if "core" in targets:
            yield "core", findings_of(binary, fixture.sparse_core(folder / "core"), values)
        if case.since:
            Holdfast(binary, fixture.pid).run(["capture", fixture.pid, "-o", folder / "before.hold"])
            fixture.ask("later")
            yield "since", findings_of(binary, fixture.pid, ["--since", folder / "before.hold"])


def check(arguments, release, mode, case, program):
    passed = failed = 0
    for which, wrong in (("fault", wrong_with_fault), ("twin", wrong_with_twin)):
        with tempfile.TemporaryDirectory(prefix="holdfast-findings-") as folder:
            try:
                for target, findings in look(arguments.holdfast, program, case, which, arguments.targets, pathlib.Path(folder)):
                    texts = list(wrong(case, findings, case.since if target == "since" else case.confidence))
                    failed += bool(texts)
                    passed += not texts
                    for text in texts:
                        print(f"  FAIL {release} {mode} {case.name} {which} {target}: {text}", flush=True)
                    if arguments.show and which == "fault" and findings:
                        print(f"{case.name}: {json.dumps(findings[0], indent=1)}")
            except Broken as error:
                failed += 1
                print(f"  FAIL {release} {mode} {case.name} {which}: {error}", flush=True)
    return passed, failed


def words(text):
    return [w for w in text.split(",") if w]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast", nargs="?", default=str(cells.ROOT / "build/release/holdfast"))
    parser.add_argument("--releases", type=words, default=list(RELEASES))
    parser.add_argument("--modes", type=words, default=["stripped"])
    parser.add_argument("--detectors", type=words, default=[])
    parser.add_argument("--targets", type=words, default=["live", "hold"])
    parser.add_argument("--show", action="store_true", help="print the first finding of each")
    arguments = parser.parse_args()
    everything, chosen = cases([]), cases(arguments.detectors)
    passed = failed = 0
    for release in arguments.releases:
        for mode in arguments.modes:
            for case in chosen:
                if not case.first <= cells.minor(release) <= case.last:
                    continue
                program = build(release, mode, everything, case.needs_c)
                good, bad = check(arguments, release, mode, case, program)
                passed, failed = passed + good, failed + bad
            print(f"{release} {mode}: done", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
