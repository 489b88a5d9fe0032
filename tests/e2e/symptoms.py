"""Small programs that each have too much memory in one way, three for each symptom: tests/e2e/symptoms.

    with symptoms.start(symptoms.PROGRAMS[0], "1.26") as fixture: ...

A program shows its symptom within a few seconds of its first line. `also` are symptoms that may come with it: whoever
leaks memory of C has a growing RSS and a flat heap, too; whoever has holes had a peak before, of which the free pages take
their time to be given back.
"""
import dataclasses
import pathlib

import modules
from processes import Fixture

FOLDER = pathlib.Path(__file__).resolve().parent / "symptoms"

RSS = "rss-grows-heap-flat"
UNSEEN = "heap-grows-profile-flat"  # takes profiles to see: `profile FILE` on standard input writes one
LIVE = "live-grows"
GARBAGE = "garbage-grows"
GOROUTINES = "goroutines-grow"
IDLE = "released-not-returned"
C = "c-grows"
FRAGMENTATION = "fragmentation"


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    symptom: str
    also: tuple = ()
    with_c: bool = False
    not_in: tuple = ()  # releases whose runtime does better

    def __str__(self):
        return f"{self.symptom} {self.name}"


PROGRAMS = (
    Program("mapped_memory", RSS),
    Program("mapped_file", RSS),
    Program("shared_memory", RSS),
    Program("high_gogc", UNSEEN, (GARBAGE,)),
    Program("collector_off", UNSEEN, (GARBAGE,)),
    Program("unsampled", UNSEEN, (LIVE,)),
    Program("cache", LIVE),
    Program("history", LIVE),
    Program("pending_timers", LIVE),
    Program("limit_only", GARBAGE),
    Program("gogc_raised", GARBAGE),
    Program("rarely_collected", GARBAGE),
    Program("blocked_senders", GOROUTINES),
    Program("open_contexts", GOROUTINES),
    Program("held_lock", GOROUTINES),
    Program("lazily_freed", IDLE),
    Program("peak", IDLE, not_in=("1.19",)),
    Program("bursts", IDLE),
    Program("leaked_blocks", C, (RSS,), with_c=True),
    Program("leaked_texts", C, (RSS,), with_c=True),
    Program("holes", C, (RSS,), with_c=True),
    Program("survivors", FRAGMENTATION, (IDLE,)),
    Program("size_classes", FRAGMENTATION, (IDLE,)),
    Program("large_neighbours", FRAGMENTATION, (IDLE,)),
)


def build(with_c, release, mode="dwarf"):
    """Returns the path of the program that has those with C in it, or those without."""
    if with_c:
        mode = {"dwarf": "external", "stripped": "external-stripped"}[mode]
    package = "with_c" if with_c else "plain"
    return modules.build(FOLDER, release, mode, f"./{package}") / package


def start(program, release, mode="dwarf"):
    """Returns the program as a Fixture for a `with` block."""
    return Fixture(build(program.with_c, release, mode), [program.name])
