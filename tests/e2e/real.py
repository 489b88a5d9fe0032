#!/usr/bin/env python3
"""Runs holdfast on programs that nobody here wrote, stripped as their makers ship them, under a little load.

  tests/e2e/real.py                    all of them
  tests/e2e/real.py --only esbuild     those whose name contains the word
  tests/e2e/real.py --table            and puts the table of what was seen into docs/real-programs.md
  tests/e2e/real.py --list

They come from Debian (bookworm: Go 1.19, trixie: Go 1.24; unpacked, not installed) and npm, once, into build/real/, serve on
the loopback interface only, and end with this script. Each must pass the audit; what holdfast printed of each is in
build/real/reports. Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import argparse
import contextlib
import dataclasses
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import typing
import urllib.error
import urllib.parse
import urllib.request

import cells
from processes import Broken, Holdfast, Lines

REAL = cells.ROOT / "build/real"
DEBIAN = ("prometheus", "caddy", "syncthing", "nats-server", "etcd-server")
PAGE = cells.ROOT / "docs/real-programs.md"
HEAD = ["| program | Go | RSS MiB | objects | live MiB | typed | audit | goroutines | held still ms | whole s | largest holder |",
        "|---|---|---|---|---|---|---|---|---|---|---|"]
START_SECONDS = 60
LOAD_REQUESTS = 300
LEAKED_AT_LEAST = 500  # goroutines; how many depends on how fast the machine is
QUIET_AT_MOST = 100


@dataclasses.dataclass
class Real:
    """One program: how it starts, and which address shows that it serves."""
    name: str
    source: str             # the Debian suite
    command: typing.Callable  # (root of the unpacked packages, work folder, port) -> argument list
    path: str = "/"


def nats(root, work, port):
    return [root / "usr/sbin/nats-server", "--addr", "127.0.0.1", "--port", str(free_port()), "--http_port", str(port),
            "--jetstream", "--store_dir", work]


def etcd(root, work, port):
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    return [root / "usr/bin/etcd", "--data-dir", work / "etcd", "--listen-client-urls", client, "--advertise-client-urls",
            client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]


def prometheus(root, work, port):
    config = work / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: self\n  static_configs:\n"
                      f"  - targets: ['127.0.0.1:{port}']\n")
    return [root / "usr/bin/prometheus", f"--config.file={config}", f"--storage.tsdb.path={work / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}"]


def caddy(root, work, port):
    config = work / "Caddyfile"
    config.write_text(f"{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{port} {{\n bind 127.0.0.1\n templates\n"
                      " encode gzip\n respond \"hello {remote_host}\"\n}\n")
    return [root / "usr/bin/caddy", "run", "--config", config, "--adapter", "caddyfile"]


def syncthing(root, work, port):
    home = work / "syncthing"
    subprocess.run([root / "usr/bin/syncthing", "generate", f"--home={home}", "--no-default-folder"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(work))
    config = home / "config.xml"
    text = config.read_text()
    for name in ("globalAnnounceEnabled", "localAnnounceEnabled", "relaysEnabled", "natEnabled", "crashReportingEnabled"):
        text = text.replace(f"<{name}>true</{name}>", f"<{name}>false</{name}>")
    text = text.replace("<listenAddress>default</listenAddress>", f"<listenAddress>tcp://127.0.0.1:{free_port()}</listenAddress>")
    config.write_text(text)
    return [root / "usr/bin/syncthing", "serve", f"--home={home}", "--no-browser", "--no-upgrade", "--no-restart",
            f"--gui-address=http://127.0.0.1:{port}"]


STARTERS = (("prometheus", prometheus, "/metrics"), ("caddy", caddy, "/"), ("syncthing", syncthing, "/"), ("nats-server", nats, "/varz"),
            ("etcd", etcd, "/version"))
REALS = [Real(f"{name} ({suite})", suite, start, path) for suite in ("bookworm", "trixie") for name, start, path in STARTERS]
ESBUILDS = {"0.25.5": True, "0.25.6": False}  # version -> whether it leaks


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(work):
    return {"HOME": str(work), "XDG_CONFIG_HOME": str(work), "XDG_DATA_HOME": str(work), "PATH": "/usr/bin:/bin", "STNOUPGRADE": "1"}


def once(folder, make):
    """Runs make(draft folder) unless the folder is there already, whole."""
    if not folder.exists():
        draft = folder.with_name(folder.name + ".draft")
        subprocess.run(["rm", "-rf", draft], check=True)
        draft.mkdir(parents=True)
        make(draft)
        draft.rename(folder)
    return folder


def command(*words):
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Broken(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stdout[-800:]}")


def unpacked(suite):
    return once(REAL / suite, lambda draft: command(cells.ROOT / "tools/install_packages", "unpack", suite, draft, *DEBIAN))


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
        reply.read()


@contextlib.contextmanager
def serving(real):
    """The pid of the program, once it answers and has had its load."""
    with tempfile.TemporaryDirectory(prefix="holdfast-real-") as work:
        work, port = pathlib.Path(work), free_port()
        words = real.command(unpacked(real.source), work, port)
        with open(work / "log", "w+b") as log:
            process = subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=work,
                                       env=environment(work))
            try:
                wait_for(real, process, port, work / "log")
                for _ in range(LOAD_REQUESTS):
                    get(port, real.path)
                time.sleep(1)
                yield serving_pid(process.pid)
                if process.poll() is not None:
                    raise Broken(f"{real.name} has ended with {process.returncode} after the look at it")
                get(port, real.path)  # it still serves
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def wait_for(real, process, port, log):
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return get(port, real.path)
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Broken(f"{real.name} does not serve ({error}): {log.read_text(errors='replace')[-600:]}") from None
            time.sleep(0.2)


def serving_pid(pid):
    """The program itself, or the child in which it does its work (syncthing watches over itself)."""
    children = [child for task in pathlib.Path(f"/proc/{pid}/task").iterdir()  # any thread may have made it
                for child in (task / "children").read_text().split()]
    return int(children[0]) if children else pid


@contextlib.contextmanager
def esbuild(version):
    """The pid of esbuild's Go process after a burst of cancelled rebuilds."""
    folder = once(REAL / f"esbuild-{version}", lambda draft: command(
        "npm", "install", "--no-audit", "--no-fund", "--prefix", draft, f"esbuild@{version}"))
    with tempfile.TemporaryDirectory(prefix="holdfast-real-") as work:
        node = subprocess.Popen(["node", cells.HERE / "esbuild_rebuild.mjs", folder / "node_modules", work],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        lines = Lines(node.stdout)
        try:
            json.loads(lines.next(180))
            yield serving_pid(node.pid)
        finally:
            node.stdin.close()
            try:
                node.wait(10)
            except subprocess.TimeoutExpired:
                node.kill()
                node.wait()
            lines.close()
            node.stdout.close()


def audit_failures(holdfast):
    audit = holdfast.answer("audit")
    for name in ("unexplained_objects", "unexplained_bytes", "alloc_count_mismatches", "pointers_to_free_slots"):
        if audit[name] != 0:
            yield f"{name}: expected 0, got {audit[name]}"
    if audit["not_unwound"]:
        yield f"goroutines that do not unwind: expected none, got {audit['not_unwound'][:10]}"


def esbuild_failures(holdfast, leaks):
    blocked = sum(1 for g in holdfast.answer("goroutines")["goroutines"]
                  if g["wait_reason"] == "chan send" and "scanner" in g["created_by"])
    if leaks and blocked < LEAKED_AT_LEAST:
        yield f"goroutines blocked in chan send, created by the scanner: expected at least {LEAKED_AT_LEAST}, got {blocked}"
    if not leaks and blocked > QUIET_AT_MOST:
        yield f"goroutines blocked in chan send: expected at most {QUIET_AT_MOST}, got {blocked}"
    named = [h for h in holdfast.answer("report")["holders"] if "chan send" in json.dumps(h) or "maybeParseFile" in json.dumps(h)]
    if leaks and not named:
        yield "holders: expected one that names the goroutines of scanner.maybeParseFile, got none"


def row(name, holdfast):
    report = holdfast.answer("report")
    seconds = holdfast.seconds
    heap, mib, audit = report["heap"], 1 << 20, holdfast.answer("audit")
    top = report["holders"][0] if report["holders"] else {"bytes": 0, "what": "none"}
    return (f"| {name} | {report['target']['go_version'].removeprefix('go')} | {report['account']['rss'] / mib:.1f} | "
            f"{heap['objects']:,} | {heap['reachable_bytes'] / mib:.1f} | "
            f"{heap['typed_bytes'] / max(1, heap['reachable_bytes']):.0%} | "
            f"{'clean' if audit['clean'] else 'not clean'} | {report['goroutine_count']:,} | {report['pause_ms']:.1f} | {seconds:.2f} | "
            f"{top['bytes'] / mib:.1f} MiB: {top['what'].replace('|', '/')} |")


def keep_what_a_user_sees(name, holdfast, pid):
    folder = REAL / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    texts = [holdfast.run(words).decode() for words in ([pid], ["goroutines", pid, "--top", "20"], ["types", pid, "--top", "30"])]
    (folder / f"{name.replace(' ', '_')}.txt").write_text("\n\n".join(texts))


def look(name, context, binary, more=lambda holdfast: ()):
    """(row of the table, failures)"""
    with context as pid:
        holdfast = Holdfast(binary, pid)
        failures, line = [], f"| {name} |" + " - |" * (HEAD[0].count("|") - 2)
        try:
            line = row(name, holdfast)
            failures += [*audit_failures(holdfast), *more(holdfast)]
            keep_what_a_user_sees(name, holdfast, pid)
        except Broken as error:
            failures.append(str(error))
        except (KeyError, TypeError, ValueError) as error:
            failures.append(f"the answer has not the shape that the check reads: {error!r}")
    return line, failures


def version_of(real):
    """Of the Debian package, if it is there already."""
    name = next((p for p in DEBIAN if p.startswith(real.name.split()[0])), "")
    for line in (REAL / real.source / "packages").read_text().splitlines() if (REAL / real.source / "packages").exists() else ():
        if line.startswith(name + "_"):
            return f"{real.name.split()[0]} {urllib.parse.unquote(line.split('_')[1])}"
    return real.name


def write_table(table):
    """Puts the table into the page in place of the one that is there."""
    lines = PAGE.read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rest = [line for line in lines[first:] if not line.startswith("|")]
    PAGE.write_text("\n".join([*lines[:first], *table, *rest]) + "\n")


def plan(only):
    found = [(real.name, lambda real=real: serving(real), lambda holdfast: ()) for real in REALS]
    for version, leaks in ESBUILDS.items():
        found.append((f"esbuild {version}", lambda version=version: esbuild(version),
                      lambda holdfast, leaks=leaks: esbuild_failures(holdfast, leaks)))
    return [one for one in found if only in one[0]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a word in the program's name")
    parser.add_argument("--table", action="store_true", help="put what was seen into docs/real-programs.md")
    parser.add_argument("--list", action="store_true", help="print the programs and stop")
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast", help="the program")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(name for name, _, _ in plan(arguments.only)))
        return 0
    command(cells.ROOT / "tools/install_packages", "real")
    passed = failed = 0
    table = list(HEAD)
    versions = {real.name: real for real in REALS}
    for name, start, more in plan(arguments.only):
        try:
            line, failures = look(name, start(), arguments.holdfast.resolve(), more)
            table.append(line.replace(f"| {name} |", f"| {version_of(versions[name])} |", 1) if name in versions else line)
        except (Broken, OSError, subprocess.CalledProcessError, urllib.error.URLError) as error:
            failures = [str(error)]
        passed += not failures
        failed += bool(failures)
        print(f"{name}: {'clean' if not failures else 'not clean'}", flush=True)
        for text in failures:
            print(f"  FAIL {name}: {text}", flush=True)
    if arguments.table:
        write_table(table)
    print("\n".join(table))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
