"""Runs the checks of a script on each Go release: what most scripts of this folder end with."""
import argparse
import pathlib

import cells


def run_checks(doc, checks, program_of, releases):
    """`checks` are functions of what program_of(release, holdfast) returns, and yield what is wrong. Ends with `N passed, N failed`,
    and returns the exit code."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast")
    parser.add_argument("--releases", type=lambda text: text.split(","), default=releases)
    arguments = parser.parse_args()
    passed = failed = 0
    for release in arguments.releases:
        program = program_of(release, arguments.holdfast)
        for check in checks:
            wrong = list(check(program))
            passed += not wrong
            failed += bool(wrong)
            for one in wrong:
                print(f"  FAIL {release} {check.__name__}: {one}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0
