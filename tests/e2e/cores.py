"""Cores of running programs, made with gdb.

gdb's gcore writes a gigabyte of reserved addresses that nobody has touched, in one to three seconds: more than half of what a
cell of the matrix took. For sparse_core, gdb writes the notes only (registers, files, auxiliary vector), and the memory is
copied here, page by page where there is one. The result has the segments, notes and bytes of gdb's core, with holes in place
of zeros; forms.py compares the two.
"""
import contextlib
import hashlib
import os
import pathlib
import re
import signal
import struct
import subprocess
import time

PAGE = 4096
HEADER = "<16sHHIQQQIHHHHHH"  # of an ELF file
SEGMENT = "<IIQQQQQQ"
PT_LOAD, PT_NOTE = 1, 4
PF_X, PF_W, PF_R = 1, 2, 4
PAGE_THERE = 3 << 62  # bits of /proc/PID/pagemap: present, swapped
STOP_SECONDS = 10


class Broken(Exception):
    """Raised when the machinery around a check fails: no core was made, a fixture did not start, holdfast gave no answer."""


def gcore(pid, prefix):
    """Returns the path PREFIX.PID of the core that gdb writes of the process; the program goes on."""
    done = subprocess.run(["gcore", "-o", prefix, str(pid)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    path = pathlib.Path(f"{prefix}.{pid}")
    if not path.exists():
        raise Broken(f"gcore wrote no {path}: {done.stdout[-500:]}")
    return path


def sparse_core(pid, prefix):
    """Returns the path PREFIX.PID of what gcore would write, with holes where the process has no memory."""
    with stopped(pid):
        return core_of_stopped(pid, prefix)


@contextlib.contextmanager
def stopped(pid):
    """Holds all threads of the process still, by SIGSTOP, which gdb keeps in force."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(pid, lambda states: states == {"T"})
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
        wait_for(pid, lambda states: "T" not in states)


def wait_for(pid, fits):
    deadline = time.monotonic() + STOP_SECONDS
    while not fits(states(pid)):
        if time.monotonic() > deadline:
            raise Broken(f"the threads of {pid} are in the states {sorted(states(pid))} after {STOP_SECONDS} s")
        time.sleep(0.001)


def states(pid):
    """Returns the states of the threads of the process, as letters of proc(5)."""
    found = set()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended
            found.add((task / "stat").read_text().rpartition(")")[2].split()[0])
    return found


def core_of_stopped(pid, prefix):
    notes = notes_of(pid, prefix)  # first: gdb's breakpoints in the loader make pages of a file private
    mappings = [m for m in read_mappings(pid) if is_dumped(m)]
    path = pathlib.Path(f"{prefix}.{pid}")
    offset = struct.calcsize(HEADER) + struct.calcsize(SEGMENT) * (len(mappings) + 1)
    with open(path, "wb") as out, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory, \
            open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
        out.write(struct.pack(HEADER, b"\x7fELF\x02\x01\x01", 4, 62, 1, 0, struct.calcsize(HEADER), 0, 0,
                              struct.calcsize(HEADER), struct.calcsize(SEGMENT), len(mappings) + 1, 0, 0, 0))
        out.write(struct.pack(SEGMENT, PT_NOTE, PF_R, offset, 0, 0, len(notes), 0, 1))
        place = up_to_page(offset + len(notes))  # in page steps, so that what is no memory is a hole
        for start, end, flags, _, _ in mappings:
            out.write(struct.pack(SEGMENT, PT_LOAD, flags, place, start, 0, end - start, end - start, 1))
            place += end - start
        out.write(notes)
        out.truncate(place)
        out.flush()
        place = up_to_page(offset + len(notes))
        for start, end, _, is_file, _ in mappings:
            for begin, stop in [(start, end)] if is_file else runs_of_pages(pagemap, start, end):
                copy(memory, begin, stop, out, place + begin - start)
            place += end - start
    return path


def up_to_page(size):
    return -(-size // PAGE) * PAGE


def notes_of(pid, prefix):
    """Returns the notes of the process, as gdb writes them, from a core without memory."""
    choice = pathlib.Path(f"/proc/{pid}/coredump_filter")
    before = choice.read_text().strip()
    choice.write_text("0")
    try:
        path = gcore(pid, f"{prefix}.notes")
    finally:
        choice.write_text(f"0x{before}")
    try:
        with open(path, "rb") as core:
            for kind, _, offset, _, _, length, *_ in segments(core):
                if kind == PT_NOTE:
                    return os.pread(core.fileno(), length, offset)
    finally:
        path.unlink()
    raise Broken(f"the core that gdb wrote of {pid} has no notes")


def segments(core):
    """Returns the program headers of an open core, as tuples of SEGMENT."""
    _, _, _, _, _, at, _, _, _, size, count, *_ = struct.unpack(HEADER, os.pread(core.fileno(), struct.calcsize(HEADER), 0))
    return list(struct.iter_unpack(SEGMENT, os.pread(core.fileno(), size * count, at)))


def contents(path):
    """Returns {(kind, flags, address, bytes in the file, bytes in memory): digest of the bytes} of the segments of a core."""
    found = {}
    with open(path, "rb") as core:
        for kind, flags, offset, address, _, in_file, in_memory, _ in segments(core):
            digest = hashlib.blake2b()
            for at in range(offset, offset + in_file, 1 << 20):
                digest.update(os.pread(core.fileno(), min(1 << 20, offset + in_file - at), at))
            found[kind, flags, address, in_file, in_memory] = digest.hexdigest()
    return found


def read_mappings(pid):
    """Returns [(start, end, flags of a segment, whether of a file, {name of smaps: kB} with `line`)] of all mappings."""
    found = []
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ (\d+)\s*(.*)", line)
        if head:
            start, end, rights, offset, inode, name = head.groups()
            flags = PF_R | PF_W * ("w" in rights) | PF_X * ("x" in rights)  # gdb says "readable" of all it writes
            facts = {"rights": rights, "offset": int(offset, 16), "name": name}
            found.append((int(start, 16), int(end, 16), flags, inode != "0", facts))
        else:
            key, _, value = line.partition(":")
            found[-1][4][key] = value.split()
    return found


def is_dumped(mapping):
    """Whether gdb writes the mapping: anonymous memory, private pages of files, and the beginnings of loaded files."""
    _, _, _, is_file, facts = mapping
    if facts["name"].startswith("[vvar") or {"io", "dd"} & set(facts["VmFlags"]):
        return False
    if not is_file or facts["name"].endswith(" (deleted)"):
        return True
    if "s" in facts["rights"]:
        return False
    return facts["Anonymous"][0] != "0" or facts["offset"] == 0


def runs_of_pages(pagemap, start, end):
    """Yields (begin, end) of runs of pages that the process has."""
    step = 1 << 30
    for base in range(start, end, step):
        count = (min(end, base + step) - base) // PAGE
        entries = os.pread(pagemap.fileno(), count * 8, base // PAGE * 8)
        if not any(entries):
            continue
        run = None
        for i, (entry,) in enumerate(struct.iter_unpack("<Q", entries)):
            there = entry & PAGE_THERE
            if there and run is None:
                run = i
            elif not there and run is not None:
                yield base + run * PAGE, base + i * PAGE
                run = None
        if run is not None:
            yield base + run * PAGE, base + count * PAGE


def copy(memory, begin, end, out, place):
    while begin < end:
        try:
            data = os.pread(memory.fileno(), min(end - begin, 1 << 20), begin)
        except OSError:
            return  # [vsyscall] cannot be read so; gdb writes zeros
        os.pwrite(out.fileno(), data, place)
        begin += len(data)
        place += len(data)
