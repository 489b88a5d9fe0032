"""What a check is: a function of a Case that yields what differs. The list CHECKS has each with the cases that it applies to."""
import dataclasses
import typing


@dataclasses.dataclass
class Case:
    """One picture of one fixture, with what the fixture says of itself."""
    mode: typing.Any          # cells.Mode
    release: str
    program: str
    kind: str                 # live, core, hold, kcore
    truth: dict               # the line the program printed
    later: dict               # the same, read anew after holdfast had looked
    stacks: str               # the runtime's own dump of all goroutines
    answer: typing.Callable   # verb -> JSON
    others: dict = dataclasses.field(default_factory=dict)  # kind of another picture of it -> its answer function
    foreseen: dict = dataclasses.field(default_factory=dict)  # what --dry-run says of the process, if it was asked

    @property
    def audit(self):
        return self.answer("audit")

    @property
    def heap(self):
        return self.answer("report")["heap"]

    def range(self, name):
        """Returns the values that a MemStats field had while holdfast looked; mostly one."""
        ends = self.truth["memstats"][name], self.later["memstats"][name]
        taken = STARTED_PAGES if name == "HeapReleased" and self.starts_threads() else 0
        return min(ends) - taken, max(ends)

    def starts_threads(self):
        """Whether C is at work in it: on a busy machine its threads start after the program has counted its memory, and
        memory that was given back is taken for them, for a while."""
        return any(name == "callbacks" or name.startswith("malloc_") for name in self.truth["facts"])


THREADS_STARTED = 4       # that many may start after a program in which C is at work has counted
STARTED_PAGES = 64 << 10  # bytes of spans and stacks that they take then
CHECKS = []


def check(function=None, *, when=lambda case: True):
    def register(f):
        CHECKS.append((f, when))
        return f
    return register(function) if function else register


def applicable(case):
    return [f for f, when in CHECKS if when(case)]


def still(case):
    """Whether the picture shows the process as its truth describes it, and not as it dies."""
    return case.kind != "kcore"


def differ(thing, expected, got):
    return f"{thing}: expected {expected}, got {got}"


def outside(thing, low, high, got):
    if low <= got <= high:
        return
    yield differ(thing, low if low == high else f"{low} to {high}", got)
