"""Runs other people's programs on the loopback interface: what the scripts that look at such programs share."""
import argparse
import contextlib
import dataclasses
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import typing
import urllib.error
import urllib.request

import cells
from processes import Broken

REAL = cells.ROOT / "build/real"
START_SECONDS = 60
IDLE_BELOW = 0.5  # seconds of processor time in a second


def nothing(*_):
    pass


@dataclasses.dataclass
class Server:
    """How a program starts, and what shows that it serves."""
    name: str
    command: typing.Callable         # (root of its files or its only file, work folder, port) -> argument list
    path: str = "/"                  # an address that answers
    load: typing.Callable = nothing  # (work folder, port) -> connections to keep: what it is asked before it is looked at
    env: dict = dataclasses.field(default_factory=dict)
    says: str = ""                   # for a program that does not listen: what it prints when it is ready
    reads: typing.Callable = tuple   # () -> texts for its standard input, which stays open
    works_in_child: bool = False     # if it has one: the parent only watches over it


def nats(binary, work, port):
    return [binary, "--addr", "127.0.0.1", "--port", str(free_port()), "--http_port", str(port), "--jetstream", "--store_dir", work]


def etcd(binary, work, port, *more):
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    return [binary, "--data-dir", work / "etcd", "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}", *more]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(work):
    folders = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(work))
    return folders | {"PATH": "/usr/bin:/bin", "STNOUPGRADE": "1"}


def once(folder, make):
    """Runs make(draft folder), unless the folder exists already; a folder appears only when it is complete."""
    if not folder.exists():
        draft = folder.with_name(f"{folder.name}.draft-{os.getpid()}")
        subprocess.run(["rm", "-rf", draft], check=True)
        draft.mkdir(parents=True)
        make(draft)
        draft.rename(folder)
    return folder


def command(*words, **options):
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise Broken(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stdout[-800:]}")


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as reply:
        return reply.read()


@contextlib.contextmanager
def serving(server, root):
    """Gives the pid of the program, once it answers and has had its load."""
    with tempfile.TemporaryDirectory(prefix="holdfast-real-") as work:
        work, port = pathlib.Path(work), free_port()
        words = server.command(root, work, port)
        with open(work / "log", "w+b") as log:
            process = subprocess.Popen([str(w) for w in words], stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=work,
                                       env=environment(work) | server.env)  # some programs end with their input
            connections = ()
            try:
                for text in server.reads():
                    process.stdin.write(text.encode())
                process.stdin.flush()
                wait_for(server, process, port, work / "log")
                connections = server.load(work, port) or ()
                pid = serving_pid(process.pid) if server.works_in_child else process.pid
                wait_until_idle(server.name, pid)
                yield pid
                if process.poll() is not None:
                    raise Broken(f"{server.name} has ended with {process.returncode} after the look at it")
                if not server.says:
                    get(port, server.path)  # it still serves
            finally:
                for connection in connections:
                    connection.close()
                process.stdin.close()
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def wait_for(server, process, port, log):
    deadline = time.monotonic() + START_SECONDS
    while (why := not_ready(server, port, log)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Broken(f"{server.name} does not serve ({why}): {log.read_text(errors='replace')[-600:]}")
        time.sleep(0.2)


def not_ready(server, port, log):
    """Says why it is not, or returns nothing."""
    if server.says:
        return "" if server.says in log.read_text(errors="replace") else f"it has not said {server.says!r}"
    try:
        get(port, server.path)
        return ""
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        return str(error)


def wait_until_idle(name, pid):
    """Its work may go on after the answer, and in programs that it starts."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        before = processor_seconds(pid)
        time.sleep(1)
        if processor_seconds(pid) - before < IDLE_BELOW and not children(pid):
            return
        if time.monotonic() > deadline:
            raise Broken(f"{name} is not idle {START_SECONDS} s after its load")


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid):
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()  # any thread may have made it
            for child in (task / "children").read_text().split()]


def serving_pid(pid):
    """Returns the program itself, or the child in which it does its work."""
    return next(iter(children(pid)), pid)


def put_table(page, table):
    """Replaces the table in the page that has the same first line."""
    lines = page.read_text().splitlines()
    first = lines.index(table[0])
    last = next((i for i in range(first, len(lines)) if not lines[i].startswith("|")), len(lines))
    page.write_text("\n".join([*lines[:first], *table, *lines[last:]]) + "\n")


def look_at_all(doc, page, subjects, look, write):
    """The main part of such a script. subjects: [(name, what it is)]; look(name, what it is, path of holdfast) -> failures;
    write() puts what was seen into the page. Returns the exit code."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a word in the program's name")
    parser.add_argument("--table", action="store_true", help=f"put what was seen into {page.relative_to(cells.ROOT)}")
    parser.add_argument("--list", action="store_true", help="print the programs and stop")
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast", help="the program")
    arguments = parser.parse_args()
    chosen = [(name, subject) for name, subject in subjects if arguments.only in name]
    if arguments.list:
        print("\n".join(name for name, _ in chosen))
        return 0
    if not chosen:
        parser.error(f"--only: no program's name contains {arguments.only!r}: see --list")
    passed = failed = 0
    for name, subject in chosen:
        failures = failures_of(lambda: look(name, subject, arguments.holdfast.resolve()))
        passed += not failures
        failed += bool(failures)
        print(f"{name}: {'passed' if not failures else 'failed'}", flush=True)
        for text in failures:
            print(f"  FAIL {name}: {text}", flush=True)
    if arguments.table:
        write()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def failures_of(look):
    """Returns what look() returns, or what made it stop."""
    try:
        return list(look())
    except (Broken, OSError, subprocess.SubprocessError) as error:
        return [str(error)]
    except (KeyError, TypeError, ValueError) as error:
        return [f"the answer has not the shape that the check reads: {error!r}"]
