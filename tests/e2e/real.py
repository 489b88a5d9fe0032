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
import contextlib
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import typing
import urllib.parse

import cells
from processes import Holdfast, Lines
from serving import (REAL, Server, command, environment, etcd, free_port, get, look_at_all, nats, nothing, once, put_table,
                     serving, serving_pid)

DEBIAN = ("prometheus", "caddy", "syncthing", "nats-server", "etcd-server")
PAGE = cells.ROOT / "docs/real-programs.md"
HEAD = ["| program | Go | RSS MiB | objects | live MiB | typed | audit | goroutines | held still ms | whole s | largest holder |",
        "|---|---|---|---|---|---|---|---|---|---|---|"]
LOAD_REQUESTS = 300
FREED_AT_LEAST = 0.999
LEAKED_AT_LEAST = 500  # goroutines; the number depends on the speed of the machine
QUIET_AT_MOST = 100


def in_package(path, words):
    return lambda root, work, port: words(root / path, work, port)


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


def requests(path):
    def load(_, port):
        for _ in range(LOAD_REQUESTS):
            get(port, path)
    return load


STARTERS = (("prometheus", prometheus, "/metrics"), ("caddy", caddy, "/"), ("syncthing", syncthing, "/"),
            ("nats-server", in_package("usr/sbin/nats-server", nats), "/varz"),
            ("etcd", in_package("usr/bin/etcd", etcd), "/version"))
REALS = {f"{name} ({suite})": (suite, Server(f"{name} ({suite})", start, path, requests(path), works_in_child=name == "syncthing"))
         for suite in ("bookworm", "trixie") for name, start, path in STARTERS}
TYPED_AT_LEAST = 0.95
ESBUILDS = {"0.25.5": True, "0.25.6": False}  # version -> whether it leaks


def unpacked(suite):
    return once(REAL / suite, lambda draft: command(cells.ROOT / "tools/install_packages", "unpack", suite, draft, *DEBIAN))


@contextlib.contextmanager
def esbuild(version):
    """Gives the pid of esbuild's Go process after a burst of cancelled rebuilds."""
    command(cells.ROOT / "tools/install_packages", "real")
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


def later_failures(holdfast):
    """What nothing reached must be freed by the next collection, also what a single look has to excuse: goroutines that
    ran on after the last one have left hundreds of thousands of objects dead, and words that name them."""
    audit = holdfast.answer("audit --prove")
    later, words = audit["after_collection"], [c for c in audit["causes"] if c["id"] == "conservative-word"]
    if later["kept"]["objects"] or later["freed"]["objects"] < FREED_AT_LEAST * later["unreached"]["objects"]:
        yield f"after the next collection: expected {FREED_AT_LEAST:.1%} freed and none kept, got {later}"
    for cause in words:
        if sum(place["objects"] for place in cause["named_at"]) != cause["shown"]:
            yield f"words on stacks: expected a place for each of {cause['shown']} objects, got {cause['named_at'][:5]}"


def leaked_failures(holdfast, leaks):
    """A program that its makers call healthy has no goroutine that is proven leaked, and one that leaks has many."""
    leaked = [g for g in holdfast.answer("goroutines")["goroutines"] if g["leaked"]]
    if not leaks and leaked:
        yield f"goroutines proven leaked: expected none, got {len(leaked)}, the first at {leaked[0]['top']}"
    if leaks and len(leaked) < LEAKED_AT_LEAST:
        yield f"goroutines proven leaked: expected at least {LEAKED_AT_LEAST}, got {len(leaked)}"


def esbuild_failures(holdfast, leaks):
    yield from leaked_failures(holdfast, leaks)
    blocked = sum(1 for g in holdfast.answer("goroutines")["goroutines"]
                  if g["wait_reason"] == "chan send" and "scanner" in g["created_by"])
    if leaks and blocked < LEAKED_AT_LEAST:
        yield f"goroutines blocked in chan send, created by the scanner: expected at least {LEAKED_AT_LEAST}, got {blocked}"
    if not leaks and blocked > QUIET_AT_MOST:
        yield f"goroutines blocked in chan send: expected at most {QUIET_AT_MOST}, got {blocked}"
    heap = holdfast.answer("report")["heap"]  # the values that wait to be sent have the type of the channel's elements
    if heap["typed_bytes"] < TYPED_AT_LEAST * heap["reachable_bytes"]:
        yield f"typed bytes: expected at least {TYPED_AT_LEAST:.0%} of {heap['reachable_bytes']}, got {heap['typed_bytes']}"
    named = [h for h in holdfast.answer("report")["holders"] if "chan send" in json.dumps(h) or "maybeParseFile" in json.dumps(h)]
    yield from later_failures(holdfast)
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


@dataclasses.dataclass
class Subject:
    start: typing.Callable           # () -> context with its pid
    more: typing.Callable = nothing  # Holdfast -> failures: whatever else is expected


def look(name, subject, binary, table):
    """Puts its row into the table."""
    with subject.start() as pid:
        holdfast = Holdfast(binary, pid)
        line = f"| {name} |" + " - |" * (HEAD[0].count("|") - 2)
        try:
            line = row(version_of(name), holdfast)
            failures = [*audit_failures(holdfast), *(subject.more(holdfast) or ())]
            keep_what_a_user_sees(name, holdfast, pid)
        finally:
            table.append(line)
            print(line)
    return failures


def version_of(name):
    """Returns the name with the version of the Debian package that it comes from."""
    if name not in REALS:
        return name
    short, packages = name.split()[0], unpacked(REALS[name][0]) / "packages"
    package = next(p for p in DEBIAN if p.startswith(short))
    for line in packages.read_text().splitlines():
        if line.startswith(package + "_"):
            return f"{short} {urllib.parse.unquote(line.split('_')[1])}"
    return name


def plan():
    found = [(name, Subject(lambda suite=suite, server=server: serving(server, unpacked(suite)),
                            lambda holdfast: leaked_failures(holdfast, False)))
             for name, (suite, server) in REALS.items()]
    return found + [(f"esbuild {version}", Subject(lambda version=version: esbuild(version),
                                                   lambda holdfast, leaks=leaks: esbuild_failures(holdfast, leaks)))
                    for version, leaks in ESBUILDS.items()]


def main():
    table = list(HEAD)
    return look_at_all(__doc__, PAGE, plan(), lambda name, subject, binary: look(name, subject, binary, table),
                       lambda: put_table(PAGE, table))


if __name__ == "__main__":
    sys.exit(main())
