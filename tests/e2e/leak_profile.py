#!/usr/bin/env python3
"""Compares which goroutines holdfast proves leaked with what Go's own profile of leaked goroutines says of the same process
a moment later, and both with what is true.

  tests/e2e/leak_profile.py HOLDFAST [--seeds 10] [--first 1] [--page]

The programs are `verdicts`, which states of each case whether anybody can wake it, and `tangle`, which shows at the end
which of its goroutines went on; on Go 1.27, and on 1.26 built with the profile as an experiment. holdfast must never be
wrong, and must prove at least as many of those that are truly leaked as the profile names. --page writes
docs/leak-profile.md.
"""
import argparse
import dataclasses
import json
import pathlib
import re
import sys

import cells
import tangles
from processes import READY_SECONDS, Broken, Fixture

PAGE = cells.ROOT / "docs/leak-profile.md"
CELLS = (("1.26", "leakprofile"), ("1.27", "stripped"))
LEAKED = re.compile(rb"^goroutine (\d+) .*\(leaked\)")
END = b"end of profile"


def named_by_profile(fixture):
    """Ends the input of a program, and returns the goroutines that its runtime calls leaked."""
    fixture.process.stdin.close()
    found = set()
    while (line := fixture.lines.next(READY_SECONDS)) != END:
        if leaked := LEAKED.match(line):
            found.add(int(leaked[1]))
    return found


@dataclasses.dataclass
class Score:
    """Of goroutines whose truth is known: how many there are of either sort, and how many of each are called leaked."""
    leaked: int = 0
    alive: int = 0
    ours: int = 0
    ours_wrong: int = 0
    theirs: int = 0
    theirs_wrong: int = 0
    only_ours: int = 0
    only_theirs: int = 0
    ended: int = 0  # runs that ended as a goroutine went on which the profile had called leaked

    def add(self, truth, ours, theirs):
        """truth: goroutine -> whether it is leaked."""
        leaked = {goid for goid, value in truth.items() if value}
        alive = truth.keys() - leaked
        self.leaked, self.alive = self.leaked + len(leaked), self.alive + len(alive)
        self.ours, self.theirs = self.ours + len(leaked & ours), self.theirs + len(leaked & theirs)
        self.ours_wrong, self.theirs_wrong = self.ours_wrong + len(alive & ours), self.theirs_wrong + len(alive & theirs)
        self.only_ours, self.only_theirs = self.only_ours + len(leaked & ours - theirs), self.only_theirs + len(leaked & theirs - ours)

    def wrong(self):
        if self.leaked == 0 or self.alive == 0:
            yield "nobody is leaked or nobody is alive: this shows nothing"
        if self.ours_wrong:
            yield f"{self.ours_wrong} goroutines were proven leaked that can go on"
        if self.theirs == 0:
            yield "the profile names nobody: it was not taken"
        if self.ours < self.theirs:
            yield f"{self.ours} of {self.leaked} leaked ones were proven, and the profile names {self.theirs}"


def tangled(holdfast, program, seeds):
    score = Score()
    for seed in seeds:
        with Fixture(program, ["-seed", str(seed), "-profile"]) as fixture:
            ours = tangles.proven(holdfast, fixture.pid)
            theirs = named_by_profile(fixture)
            try:
                went_on = json.loads(fixture.lines.next(READY_SECONDS))
            except Broken:
                score.ended += 1
                continue
        score.add({int(goid): not value for goid, value in went_on.items()}, ours, theirs)
    return score


def stated(holdfast, program):
    """Returns the score, and (case, leaked, proven by us, named by the profile) of each."""
    with Fixture(program, ["-profile"]) as fixture:
        facts = fixture.truth["facts"]
        ours, theirs = tangles.proven(holdfast, fixture.pid), named_by_profile(fixture)
    names = [fact.removeprefix("leaked: ") for fact in facts if fact.startswith("leaked: ")]
    numbers = {name: facts[f"goid: {name}"] for name in names}
    score = Score()
    score.add({numbers[name]: bool(facts[f"leaked: {name}"]) for name in names}, ours, theirs)
    return score, [(name, bool(facts[f"leaked: {name}"]), numbers[name] in ours, numbers[name] in theirs) for name in sorted(names)]


def row(what, score):
    return f"| {what} | {score.leaked} | {score.ours} | {score.theirs} | {score.only_ours} | {score.only_theirs} | {score.alive} | {score.ours_wrong} | {score.theirs_wrong} | {score.ended} |"


def page_of(scores, rows):
    """Returns docs/leak-profile.md. rows: cases of `verdicts` on the newest release."""
    def said(of_holdfast, of_go):
        return f"{'leaked' if of_holdfast else '-'} | {'leaked' if of_go else '-'}"
    differing = [f"| {name} | {'leaked' if leaked else 'can go on'} | {said(ours, theirs)} |"
                 for name, leaked, ours, theirs in rows if len({leaked, ours, theirs}) > 1]
    return "\n".join([
        "# Leaked goroutines: holdfast beside Go's own profile", "",
        "Made by `tests/e2e/leak_profile.py build/release/holdfast --page`. Each program is looked at by holdfast, from outside,",
        "and then takes the profile `goroutineleak` of itself, which is part of Go 1.27 and an experiment of 1.26. What is true",
        "is stated by `verdicts`, case by case, and shown by `tangle` at the end of its random tangles: whoever can go on does.",
        "A run of `tangle` whose runtime ended as somebody went on whom the profile had called leaked is in the last column, and",
        "in no other.", "",
        "| program | truly leaked | proven by holdfast | named by Go | only by holdfast | only by Go | can go on | accused by holdfast | accused by Go | runs that died |",
        "|---|---|---|---|---|---|---|---|---|---|", *(row(what, score) for what, score in scores), "",
        "## Cases of `verdicts` on which they differ, or both differ from the truth", "",
        f"Of {len(rows)} cases, on Go 1.27. Go before 1.26 has no such profile; holdfast says the same of them on each release.", "",
        "| what it waits for | truth | holdfast | Go's profile |", "|---|---|---|---|", *differing, ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--page", action="store_true", help="write docs/leak-profile.md")
    arguments = parser.parse_args()
    holdfast, scores, rows = arguments.holdfast.resolve(), [], []
    for release, mode in CELLS:
        score, rows = stated(holdfast, cells.build(cells.Cell(release, "verdicts", mode)))
        scores.append((f"verdicts, Go {release}", score))
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        scores.append((f"tangle, {arguments.seeds} seeds, Go {release}", tangled(holdfast, cells.build(cells.Cell(release, "tangle", mode)), seeds)))
    passed = failed = 0
    for what, score in scores:
        wrong = list(score.wrong())
        passed, failed = passed + (not wrong), failed + bool(wrong)
        for text in wrong:
            print(f"FAIL {what}: {text}", flush=True)
        print(f"{what}: {score.leaked} leaked: {score.ours} proven, {score.theirs} named by Go; {score.alive} alive: "
              f"{score.ours_wrong} accused, {score.theirs_wrong} by Go; {score.ended} runs died")
    if arguments.page:
        PAGE.write_text(page_of(scores, rows))
    print(f"{passed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
