#!/usr/bin/env python3
"""Checks the page of `holdfast web` in a browser, and its server without one.

  tests/e2e/web.py
  tests/e2e/web.py --only keys,access

The browser is Debian's chromium, driven by playwright-core (tests/e2e/web/walks.mjs), both fetched once into
build/readers/web. The program is the demo, stripped, live and as a capture. Ends with `N passed, N failed`.
"""
import argparse
import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

import cells
import findings
from processes import Fixture

SOURCES = cells.ROOT / "tests/e2e/web"
MODULES = cells.ROOT / "build/readers/web"
DEMO = cells.ROOT / "demos/leaky_sessions"
LEAKING_LINE = "main.go:36"
STORE_LINE = 33  # of registry.go
MOST_CLICKS = 5
NEWCOMER = ["goroutine_leak", "pinned_array", "channel_backlog", "defer_pile", "stuck_locks", "captured_variable"]
WALK_SECONDS = 240
SEED = 16
MOST_OFFLINE = 3_000_000


def install_modules():
    """Fetches what drives the browser, once."""
    wanted = (SOURCES / "package.json").read_text()
    if not (MODULES / "package.json").exists() or (MODULES / "package.json").read_text() != wanted:
        shutil.rmtree(MODULES, ignore_errors=True)
        MODULES.mkdir(parents=True)
        packages = [f"{name}@{version}" for name, version in json.loads(wanted)["dependencies"].items()]
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--prefix", MODULES, *packages],
                       check=True, cwd=MODULES, stdout=subprocess.DEVNULL)
        (MODULES / "package.json").write_text(wanted)


@contextlib.contextmanager
def page_of(holdfast, *words):
    """Runs `holdfast web`, and gives the link that it prints."""
    process = subprocess.Popen([holdfast, "web", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError("holdfast web did not end within 20 s of Ctrl-C") from None
    if process.returncode != 0:
        raise AssertionError(f"holdfast web ended with {process.returncode}")


def walk(name, url, *words):
    browser = shutil.which("chromium")
    if browser is None:
        return ["there is no chromium"]
    done = subprocess.run(["node", SOURCES / "walks.mjs", MODULES, browser, name, url, *map(str, words)], capture_output=True, text=True,
                          timeout=WALK_SECONDS)
    return done.stdout.splitlines() + ([f"node ended with {done.returncode}: {done.stderr[-400:]}"] if done.returncode else [])


class Client:
    """Asks as a browser does that was let in."""

    def __init__(self, link):
        parts = urllib.parse.urlsplit(link)
        self.host, self.port = parts.hostname, parts.port
        status, headers, _ = self.ask(f"/?{parts.query}")
        assert status == 303, status
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def ask(self, path, method="GET", body=None, timeout=60, **headers):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            cookie = {"Cookie": self.cookie} if hasattr(self, "cookie") else {}
            connection.request(method, path, body=body, headers={**cookie, **{k.replace("_", "-"): v for k, v in headers.items()}})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, path):
        return json.loads(self.ask(path)[2])


def check_access(checks):
    """Who has no cookie, another name for the machine or another page behind it is refused."""
    with page_of(checks.holdfast, checks.capture) as link:
        client = Client(link)
        here = f"http://{client.host}:{client.port}"
        for want, path, more in [
            (200, "/", {}), (200, "/api/0/report", {}), (200, "/0/types?sort=count", {}),
            (403, "/api/0/report", {"Cookie": ""}), (403, "/", {"Cookie": "holdfast=1"}),
            (421, "/api/0/report", {"Host": "elsewhere.example"}), (421, "/", {"Host": f"elsewhere.example:{client.port}"}),
            (403, "/api/0/report", {"Origin": "http://elsewhere.example"}), (403, "/api/0/report", {"Sec_Fetch_Site": "cross-site"}),
            (200, "/api/0/report", {"Origin": here, "Sec_Fetch_Site": "same-origin"}),
            (400, "/../../etc/passwd", {}), (400, "/assets/%2e%2e/index.html", {}), (404, "/assets/none.js", {}),
            (404, "/api/7/report", {}), (404, "/api/0/none", {}), (404, "/api/0/table?name=none", {}), (400, "/api/0/why?what=what", {}),
            (400, "/api/0/table?name=types&sort=none", {}), (404, "/api/0/show?at=0x10", {}), (400, "/api/0/query?sql=SELEC", {}),
        ]:
            status, _, body = client.ask(path, **more)
            if status != want:
                yield f"{path} {more}: {status} instead of {want}: {body[:100]}"
        for method in ("PUT", "DELETE", "POST"):
            if client.ask("/api/0/report", method)[0] not in (403, 405):
                yield f"{method} is answered"
        if client.ask(f"/?{urllib.parse.urlsplit(link).query}", Cookie="")[0] != 403:
            yield "the link lets a second browser in"


def check_hostile(checks):
    """What is no request ends its connection, and nothing else."""
    source = random.Random(SEED)
    with page_of(checks.holdfast, checks.capture) as link:
        client = Client(link)
        whole = f"GET /api/0/table?name=types HTTP/1.1\r\nHost: {client.host}:{client.port}\r\nCookie: {client.cookie}\r\n\r\n".encode()
        for _ in range(300):
            damaged = bytearray(whole)
            for _ in range(source.randint(1, 8)):
                place = source.randrange(len(damaged))
                damaged[place:place + source.randint(0, 3)] = source.randbytes(source.randint(0, 4))
            with socket.create_connection((client.host, client.port), timeout=20) as s:
                s.sendall(bytes(damaged))
                s.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    while s.recv(65536):
                        pass
        if client.ask("/api/0/report")[0] != 200:
            yield "the server does not answer any more"


def check_cancelled(checks):
    """A question that nobody waits for any more is ended, so that the next one is answered."""
    slow = urllib.parse.quote("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
    with page_of(checks.holdfast, checks.capture) as link:
        client = Client(link)
        client.ask("/api/0/report")
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):
            client.ask(f"/api/0/query?sql={slow}", timeout=1)
            yield "a query without an end was answered"
        if client.ask("/api/0/table?name=types", timeout=10)[0] != 200:
            yield "the next question is not answered"
        if time.monotonic() - began > 5:
            yield f"it took {time.monotonic() - began:.1f} s to end it"


def check_same_as_text(checks):
    """Answers are those of the command line."""
    def printed(*words):
        return json.loads(subprocess.run([checks.holdfast, *words], check=True, capture_output=True).stdout)
    with page_of(checks.holdfast, checks.capture) as link:
        client = Client(link)
        page, text = client.json("/api/0/report"), printed("--json", checks.capture)
        for name in ("target", "account", "heap", "holders", "findings", "goroutines", "types"):
            if page[name] != text[name]:
                yield f"report: {name} differs"
        for name, words in {"types": ["types"], "roots": ["roots"], "spans": ["spans"], "goroutine-groups": ["goroutines", "--stacks"],
                            "owners": ["owners"], "cycles": ["cycles"]}.items():
            told = printed(*words, "--json", "--top", "1000", checks.capture)
            asked = client.json(f"/api/0/table?name={name}&count=1000")
            if asked[asked["key"]] != told[asked["key"]]:
                yield f"table {name} differs"
            half = client.json(f"/api/0/table?name={name}&from=3&count=2")
            if half[half["key"]] != told[half["key"]][3:5]:
                yield f"table {name} has other rows from the third on"


def check_files(checks):
    """What is saved from the page is what `holdfast export` writes, and no other file of the machine can be had."""
    with page_of(checks.holdfast, checks.capture) as link:
        client = Client(link)
        for file in client.json("/api/0/exports")["files"]:
            path = f"/api/0/download?as={file['as']}&of={file['of']}"
            status, _, body = client.ask(path)
            written = subprocess.run([checks.holdfast, "export", checks.capture, "--as", file["as"], "--of", file["of"], "-o", "-"], check=True,
                                     capture_output=True).stdout
            if status != 200 or body != written:
                yield f"{file['name']}: {status}, {len(body)} bytes, of which {len(written)} were written"
            if file["bytes"] and not len(written) / 4 < file["bytes"] < len(written) * 4:
                yield f"{file['name']} has {len(written)} bytes, and {file['bytes']} were foretold"
        for path in ("/etc/passwd", "../../etc/passwd", str(checks.capture), ""):
            status = client.ask(f"/api/0/source?file={urllib.parse.quote(path)}")[0]
            if status not in (400, 404):
                yield f"the source {path!r} is answered with {status}"


def check_lines(checks):
    """Lines that make what holds the heap are named, with their source; the map of addresses has every byte once."""
    with Fixture(checks.demo) as demo, page_of(checks.holdfast, demo.pid) as link:
        client = Client(link)
        report = client.json("/api/0/report")
        heavy = {row["type"]: row for row in client.json("/api/0/heavy")["heavy"]}
        registry = heavy.get("map[string]*main.Session")
        if not registry or [(one["function"], one["line"]) for one in registry["places"]] != [("main.(*Registry).Open", STORE_LINE)]:
            yield f"the line that fills the registry is not named: {registry}"
        elif not registry["kept_alive"] > 0.9 * report["heap"]["reachable_bytes"] > 100 * registry["bytes"]:
            yield f"the registry has {registry['bytes']} and keeps {registry['kept_alive']}"
        source = client.json(f"/api/0/source?file={urllib.parse.quote(registry['places'][0]['file'])}")
        said = {line["line"]: line for line in source["lines"]}
        if said[STORE_LINE]["alive"]["value"] != registry["bytes"]:
            yield f"its source says {said[STORE_LINE]['alive']}"
        whole = client.json("/api/0/map")
        spans = client.json("/api/0/table?name=spans&count=1")
        if (whole["live_bytes"], whole["live_bytes"] + whole["garbage_bytes"]) != (report["heap"]["reachable_bytes"], report["heap"]["bytes"]):
            yield f"the map has {whole['live_bytes']} live and {whole['garbage_bytes']} garbage"
        if whole["span_count"] != spans["rows"] or sum(whole["live"]) != whole["live_bytes"] or sum(whole["spans"]) != spans["rows"]:
            yield "cells of the map do not add up"


def check_parts(checks):
    """The parts of the picture are all of the heap: what is alive, and what waits for the collector."""
    with Fixture(checks.grower) as grower, page_of(checks.holdfast, grower.pid) as link:
        client = Client(link)
        for look in (1, 2, 3):
            if look > 1:
                client.ask("/api/0/look", "POST", Origin=f"http://{client.host}:{client.port}")
            heap = client.json("/api/0/report")["heap"]
            parts = client.json("/api/0/parts")
            sums = collections.Counter()
            for part in parts["parts"]:
                sums[part["state"]] += part["bytes"]
            if parts["look"] != look:
                yield f"look {look} is number {parts['look']}"
            if sums["active"] + sums["stuck"] != heap["reachable_bytes"]:
                yield f"look {look}: {sums} are in use, {heap['reachable_bytes']} are live"
            if sums["waiting"] != heap["bytes"] - heap["reachable_bytes"]:
                yield f"look {look}: {sums} wait, {heap['bytes'] - heap['reachable_bytes']} are garbage"
            time.sleep(0.5)
        looks = client.json("/api/0/looks")
        if len(looks) != 3 or looks[0]["flow"] is not None:
            yield f"the time line has {len(looks)} looks"
        for before, after in zip(looks, looks[1:]):
            flow = after["flow"]
            if flow["allocated"]["bytes"] <= 0 or flow["stayed"]["bytes"] > before["live"] or after["live"] <= before["live"]:
                yield f"from {before['live']} to {after['live']}: {flow}"
        if client.json("/api/0/parts?look=1")["look"] != 1 or client.ask("/api/0/parts?look=9")[0] != 404:
            yield "an old picture is not there, or one that never was is"


def live(checks, name, *words):
    with Fixture(checks.demo) as demo, page_of(checks.holdfast, demo.pid) as link:
        yield from walk(name, link, *(demo.pid if word is None else word for word in words))


def opening(checks):
    with Fixture(checks.demo) as demo, page_of(checks.holdfast) as link:
        yield from walk("opening", link, demo.pid, checks.capture.resolve())


def newcomer(checks):
    """Six leaks of six kinds: a line of each is reached by five clicks at most."""
    chosen = [case for case in findings.cases(NEWCOMER) if case.name in NEWCOMER]
    program = findings.build("1.26", "stripped", chosen, False)
    for case in chosen:
        process = subprocess.Popen([program, f"{case.name}.fault"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            process.stdout.readline()
            with page_of(checks.holdfast, process.pid) as link:
                yield from walk("newcomer", link, case.name, MOST_CLICKS)
        finally:
            process.stdin.close()
            process.wait(timeout=20)


def growing(checks):
    with Fixture(checks.grower) as grower, page_of(checks.holdfast, grower.pid) as link:
        yield from walk("growing", link)


def compared(checks):
    looks = [checks.folder / "first.hold", checks.folder / "second.hold"]
    with Fixture(checks.grower) as grower:
        for look in looks:
            time.sleep(1)
            subprocess.run([checks.holdfast, "capture", str(grower.pid), "-o", look], check=True, capture_output=True)
    with page_of(checks.holdfast, *looks) as link:
        yield from walk("compared", link)


def captured(checks, name, *words):
    with page_of(checks.holdfast, checks.capture) as link:
        yield from walk(name, link, *words)


def check_failed(checks):
    damaged = checks.folder / "damaged.hold"
    damaged.write_bytes(checks.capture.read_bytes()[:5000])
    with page_of(checks.holdfast, damaged) as link:
        yield from walk("failed", link, "damaged.hold")


def check_offline(checks):
    """The report as a file: small, without a server, and of a fixed size whatever the heap."""
    page = checks.folder / "leaky.html"
    subprocess.run([checks.holdfast, checks.capture, "--html", page], check=True, capture_output=True)
    yield from walk("offline", page.as_uri())
    text = page.read_text()
    # Whatever stands in a name: it cannot end the script, nor begin a comment in it.
    answers = text.partition('id="answers">')[2].partition("</script>")[0]
    if "<" in answers or "\\u003c" not in answers or not json.loads(answers):
        yield "the answers have a < that is not escaped, or none that is"
    for outside in ("http://", "https://"):
        if outside in text.replace("http://www.w3.org/", "").replace("http://page", ""):
            yield f"the file has an address of elsewhere: {text[text.index(outside):][:80]}"
    if len(text.encode()) > MOST_OFFLINE:
        yield f"the file has {len(text.encode())} bytes"


CHECKS = {
    "access": check_access,
    "hostile": check_hostile,
    "cancelled": check_cancelled,
    "same-as-text": check_same_as_text,
    "failed": check_failed,
    "files": check_files,
    "lines": check_lines,
    "parts": check_parts,
    "offline": check_offline,
    "compared": compared,
    "growing": growing,
    "newcomer": newcomer,
    "opening": opening,
    "screens-live": lambda checks: live(checks, "screens"),
    "screens-capture": lambda checks: captured(checks, "screens"),
    "clicks": lambda checks: live(checks, "clicks", LEAKING_LINE),
    "keys": lambda checks: live(checks, "keys"),
    "habits": lambda checks: live(checks, "habits"),
    "figures": lambda checks: live(checks, "figures"),
    "browsers": lambda checks: captured(checks, "browsers"),
    "tabs": lambda checks: live(checks, "tabs"),
    "live": lambda checks: live(checks, "live", None),
}


class Checks:
    def __init__(self, holdfast, folder):
        self.holdfast, self.folder = holdfast, folder
        self.demo, self.capture = folder / "leaky_sessions", folder / "leaky.hold"
        self.grower = folder / "grower"
        for program, sources, flags in ((self.demo, DEMO, "-s -w"), (self.grower, SOURCES / "grower", "")):
            subprocess.run(["go", "build", f"-ldflags={flags}", "-trimpath", "-buildvcs=false", "-o", program, "."], check=True, cwd=sources,
                           env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"})
        with Fixture(self.demo) as demo:
            subprocess.run([holdfast, "capture", str(demo.pid), "-o", self.capture], check=True, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(CHECKS))
    arguments = parser.parse_args()
    install_modules()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder  # the list of recent files is the user's
        checks = Checks(arguments.holdfast.resolve(), pathlib.Path(folder))
        for name in arguments.only:
            try:
                wrong = list(CHECKS[name](checks))
            except (AssertionError, OSError, subprocess.SubprocessError, ValueError) as error:
                wrong = [f"{type(error).__name__}: {error}"]
            passed, failed = passed + (not wrong), failed + bool(wrong)
            for one in wrong:
                print(f"  FAIL {name}: {one}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
