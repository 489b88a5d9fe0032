"""Running fixtures, pictures of them (cores, captures), and holdfast on any of these."""
import json
import os
import pathlib
import resource
import selectors
import signal
import subprocess
import time

from cores import Broken, gcore, sparse_core

READY_SECONDS = 300  # the largest heaps of bench/ take minutes to build
VERB_SECONDS = 300


class Lines:
    """Reads lines of a pipe, with a time limit for each."""

    def __init__(self, pipe):
        self.pipe, self.rest = pipe, b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(pipe, selectors.EVENT_READ)

    def next(self, seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in self.rest:
            if not self.selector.select(max(0, deadline - time.monotonic())):
                raise Broken(f"no line within {seconds} s; so far: {self.rest[:200]!r}")
            got = os.read(self.pipe.fileno(), 1 << 20)
            if not got:
                raise Broken(f"output ended; so far: {self.rest[:200]!r}")
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def close(self):
        self.selector.close()


class Fixture:
    """A running program of tests/e2e/programs. It ends with the `with` block, whatever happens."""

    def __init__(self, program, arguments=(), folder=None, crash=False):
        self.program, self.arguments, self.folder, self.crash = pathlib.Path(program), arguments, folder, crash

    def __enter__(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("GO")}
        if self.crash:
            env["GOTRACEBACK"] = "crash"
        self.process = subprocess.Popen(
            [self.program, *self.arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=self.folder,
            stderr=subprocess.DEVNULL if self.crash else None,
            preexec_fn=allow_cores if self.crash else None)
        self.pid = self.process.pid
        self.lines = Lines(self.process.stdout)
        try:
            self.truth = json.loads(self.lines.next(READY_SECONDS))
        except Exception:
            self.stop()
            raise
        return self

    def ask(self, what):
        """Asks for `stats`, the truth anew without a collection, or `stacks`, the runtime's own dump; that allocates, so ask it last."""
        self.process.stdin.write(f"{what}\n".encode())
        self.process.stdin.flush()
        return json.loads(self.lines.next(READY_SECONDS))

    def core(self, prefix):
        return core_of(self.pid, prefix)

    def sparse_core(self, prefix):
        return sparse_core(self.pid, prefix)

    def kernel_core(self):
        """Returns the core that the kernel writes as the program dies of SIGABRT. Needs crash=True and a folder of its own."""
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if "/" in pattern or pattern.startswith("|"):
            raise Broken(f"this machine writes no cores into the working folder: core_pattern is {pattern!r}")
        self.process.send_signal(signal.SIGABRT)
        self.process.wait(READY_SECONDS)
        found = list(pathlib.Path(self.folder).glob("core*"))
        if len(found) != 1:
            raise Broken(f"{len(found)} core files after SIGABRT in {self.folder}, exit {self.process.returncode}")
        return found[0]

    def alarms(self):
        """Returns signs that the process was harmed: a tracer left behind, stopped threads."""
        found = []
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            try:
                status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
            except (FileNotFoundError, ProcessLookupError):
                continue  # the thread ended after it was listed
            if status["TracerPid"] != "0":
                found.append(f"thread {task.name} is traced by {status['TracerPid']}")
            if status["State"][0] in "tT":
                found.append(f"thread {task.name} is stopped: {status['State']}")
        return found

    def stop(self):
        """Ends the input and, if that does not help, the process; returns the exit code."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.lines.close()
            self.process.stdout.close()

    def __exit__(self, *_):
        self.stop()


def allow_cores():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def core_of(pid, prefix):
    """Makes a core with gcore; the program goes on. Its zeros become holes where the file system has them, as in the
    kernel's cores: every look would read the gigabyte of reserved addresses that gdb writes."""
    path = gcore(pid, prefix)
    subprocess.run(["fallocate", "--dig-holes", path], check=False, stderr=subprocess.DEVNULL)
    return path


class Holdfast:
    """The program under test on one target; each verb runs once, and its JSON is kept."""

    TABLES = ("types", "roots", "spans", "goroutines")

    def __init__(self, binary, target, options=(), env=None):
        self.binary, self.target, self.options, self.env = binary, str(target), list(options), env
        self.answers, self.seconds = {}, 0.0

    def answer(self, verb):
        if verb not in self.answers:
            try:
                self.answers[verb] = self.parsed(verb)
            except Broken as error:
                self.answers[verb] = error
        if isinstance(self.answers[verb], Broken):
            raise self.answers[verb]
        return self.answers[verb]

    def parsed(self, verb):
        name, *rest = verb.split()
        words = [*([] if name == "report" else [name]), self.target, *rest, *self.options, "--json"]
        if verb in (*self.TABLES, "report"):
            words += ["--top", "0"]
        if verb == "goroutines":
            words += ["--each"]
        text = self.run(words)
        try:
            return json.loads(text)
        except ValueError as error:
            raise Broken(f"`{' '.join(map(str, words))}` printed no JSON: {error}: {text[:200]!r}") from None

    def run(self, arguments):
        command = [str(self.binary), *map(str, arguments)]
        started = time.monotonic()
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=VERB_SECONDS, env=self.env)
        except subprocess.TimeoutExpired:
            raise Broken(f"`{' '.join(command)}` took more than {VERB_SECONDS} s") from None
        self.seconds += time.monotonic() - started
        if done.returncode != 0:
            raise Broken(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.decode(errors='replace')[-600:]}")
        return done.stdout
