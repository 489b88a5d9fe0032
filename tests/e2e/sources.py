#!/usr/bin/env python3
"""Checks where `holdfast profile` gets profiles from: http and https URLs, of a server of this script that does whatever servers
do, and of a Go program with net/http/pprof; and a live process and a capture of it, of which the runtime's memory profile is taken
from memory: it has to be what the process itself writes.

  tests/e2e/sources.py                        one release
  tests/e2e/sources.py --releases 1.19,1.27

Ends with `N passed, N failed`.
"""
import argparse
import base64
import contextlib
import http.server
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import cells
import profiled
import profiles

TEXT = b"heap profile: 1: 4096 [1: 4096] @ heap/2\n1: 4096 [1: 4096] @ 0x1001\n\n"
VARIABLES = ("HOLDFAST_BEARER", "CURL_CA_BUNDLE", "SSL_CERT_FILE")  # that say how to ask
BASIC = "Basic " + base64.b64encode(b"joe:s@crEt").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        authorization = self.headers.get("Authorization", "")
        self.server.asked.append((self.path, authorization))
        what = self.path.split("?")[0].rsplit("/", 1)[-1]
        with contextlib.suppress(ConnectionError, BrokenPipeError, ssl.SSLError):
            self.answer(what, authorization)

    def answer(self, what, authorization):
        if what == "basic" and authorization != BASIC or what == "bearer" and authorization != "Bearer t0ken":
            self.say(401, b"who are you?\n")
        elif what.isdigit() and len(what) == 3:
            self.say(int(what), b"the first line\nthe second\n")
        elif what == "page":
            self.say(200, b"<!DOCTYPE html><html>login</html>")
        elif what == "away":
            self.say(302, Location=self.server.away)
        elif what == "here":
            self.say(302, Location="heap")
        elif what == "circle":
            self.say(302, Location="circle")
        elif what == "file":
            self.say(302, Location="file:///etc/passwd")
        elif what == "short":
            self.say(200, TEXT, length=len(TEXT) + 10)
        elif what == "long":
            self.say(200, TEXT + b"#" * (2 << 20))
        elif what == "slow":
            time.sleep(5)
            self.say(200, TEXT)
        else:
            self.say(200, TEXT)


@contextlib.contextmanager
def serving(certificate=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.asked, server.away = [], ""
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def make_certificate(folder):
    file = folder / "host.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=holdfast test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-out", file, "-keyout", file.with_suffix(".key")],
                   check=True, capture_output=True)
    return file


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Asker:
    def __init__(self, binary):
        self.binary = binary

    def __call__(self, *arguments, env=None):
        clean = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and k not in VARIABLES}
        return subprocess.run([self.binary, "profile", "top", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              env=clean | (env or {}))

    def reads(self, what, *arguments, **more):
        done = self(*arguments, **more)
        if done.returncode or "inuse_space: 4.0 KiB in all" not in done.stdout:
            yield f"{what}: exit {done.returncode}, {done.stderr.strip()!r}"

    def refuses(self, what, words, *arguments, **more):
        done = self(*arguments, **more)
        if done.returncode != 1 or not all(word in done.stderr for word in words) or "s@crEt" in done.stderr or "t0ken" in done.stderr:
            yield f"{what}: exit {done.returncode}, {done.stderr.strip()!r}"


def answers(ask, folder):
    """What servers say, and what becomes of it."""
    with serving() as server:
        url = server.url
        yield from ask.reads("a profile", f"{url}/debug/pprof/heap?debug=1")
        yield from ask.reads("a service", url)
        yield from ask.reads("a service with a slash", f"{url}/debug/pprof/")
        if [path for path, _ in server.asked] != ["/debug/pprof/heap?debug=1", "/debug/pprof/heap", "/debug/pprof/heap"]:
            yield f"a service is asked for {server.asked}"
        yield from ask.reads("a redirect", f"{url}/here")
        for name in ("http_proxy", "all_proxy"):
            yield from ask.reads("no proxy for this machine", url, env={name: f"http://127.0.0.1:{free_port()}"})
        for status, words in ((404, ["404", '"the first line"', "net/http/pprof"]), (403, ["403"]), (400, ["400"]), (500, ["500", '"the first line"'])):
            yield from ask.refuses(status, [f"{url}/debug/pprof/{status}: ", *words], f"{url}/debug/pprof/{status}")
        yield from ask.refuses("a page", ["but a page"], f"{url}/page")
        yield from ask.refuses("a circle", ["more than 5 times"], f"{url}/circle")
        yield from ask.refuses("a redirect to a file", ["neither http nor https"], f"{url}/file")
        yield from ask.refuses("a short answer", [f"ends after {len(TEXT)} B"], f"{url}/short")
        yield from ask.refuses("a long answer", ["more than 1.0 MiB"], f"{url}/long", "--most", "1MiB")
        yield from ask.refuses("a slow answer", ["takes too long", "--timeout"], f"{url}/slow", "--timeout", "300ms")
    yield from ask.refuses("nobody", ["nobody answers"], f"http://127.0.0.1:{free_port()}")


def credentials(ask, folder):
    """Who asks is said to the host that is named, and to nobody else."""
    (folder / "user").write_text("joe:s@crEt\n")
    (folder / "token").write_text("t0ken\n")
    with serving() as server, serving() as other:
        server.away = f"{other.url}/heap"
        yield from ask.refuses("nobody in particular", ["401", "--bearer-file"], f"{server.url}/basic")
        yield from ask.refuses("a wrong password", ["401", "does not accept"], f"{server.url.replace('//', '//joe:s%40crEt@')}/bearer")
        yield from ask.reads("a password in the URL", f"{server.url.replace('//', '//joe:s%40crEt@')}/basic")
        yield from ask.reads("a password in a file", f"{server.url}/basic", "--user-file", folder / "user")
        yield from ask.reads("a token in a file", f"{server.url}/bearer", "--bearer-file", folder / "token")
        yield from ask.reads("a token in a variable", f"{server.url}/bearer", env={"HOLDFAST_BEARER": "t0ken"})
        yield from ask.reads("a redirect to another host", f"{server.url}/away")
        yield from ask.refuses("a redirect with a token", ["is for http://127.0.0.1", "only"], f"{server.url}/away", "--bearer-file", folder / "token")
        if any(authorization for _, authorization in other.asked):
            yield f"another host was told {other.asked}"


def encryption(ask, folder):
    certificate = make_certificate(folder)
    with serving(certificate) as server, serving() as plain:
        server.away = f"{plain.url}/heap"
        yield from ask.refuses("a host that nobody vouches for", ["cannot prove who it is", "--ca-file"], server.url)
        yield from ask.reads("a host that is vouched for", server.url, "--ca-file", certificate)
        yield from ask.reads("the same by a variable", server.url, env={"SSL_CERT_FILE": str(certificate)})
        yield from ask.reads("a host that is believed", server.url, "--insecure")
        yield from ask.refuses("a redirect without encryption", ["not encrypted"], f"{server.url}/away", "--ca-file", certificate)
        wrong_name = server.url.replace("127.0.0.1", "localhost")
        yield from ask.refuses("another name", ["cannot prove who it is"], wrong_name, "--ca-file", certificate)


def real_service(ask, running):
    """A Go program with net/http/pprof."""
    url = f"http://{running.address}"
    for path, words in (("", "inuse_space"), ("/debug/pprof/heap?debug=1", "inuse_space"), ("/debug/pprof/allocs", "alloc_space"),
                        ("/debug/pprof/goroutine", "goroutine"), ("/debug/pprof/goroutine?debug=1", "goroutine"), ("/debug/pprof/block?debug=1", "delay"),
                        ("/debug/pprof/mutex", "delay"), ("/debug/pprof/threadcreate?debug=1", "threadcreate"), ("/debug/pprof/profile?seconds=1", "cpu")):
        done = ask(url + path)
        if done.returncode or f"\n{words}: " not in done.stdout:
            yield f"{path}: exit {done.returncode}, {done.stderr.strip()!r}"
    for path, words in (("heap?debug=1&seconds=1", ["400", "incompatible", "leave"]), ("nothing", ["404", "Unknown profile"]),
                        ("goroutine?debug=2", ["holdfast dump"])):
        yield from ask.refuses(path, words, f"{url}/debug/pprof/{path}")


def memory(ask, running):
    """What is taken from the process's memory is what it writes itself."""
    hold = running.folder / "moment.hold"
    subprocess.run([ask.binary, "capture", str(running.pid), "-o", hold], check=True, capture_output=True, timeout=60)
    for sample_type in profiles.TYPES:
        own = profiles.as_we_have_it(ask.binary, running.file("heap", 0), sample_type)
        for source in (running.pid, hold):
            from_memory = profiles.as_we_have_it(ask.binary, source, sample_type)
            different = {name for name in own.keys() | from_memory.keys() if own.get(name) != from_memory.get(name)}
            if different or len(own) < 5:
                yield f"{sample_type} of {source}: {len(own)} functions, of which these are different: {sorted(different)[:5]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holdfast", type=pathlib.Path, default=cells.ROOT / "build/release/holdfast")
    parser.add_argument("--releases", type=lambda text: text.split(","), default=["1.26"])
    arguments = parser.parse_args()
    ask = Asker(arguments.holdfast)
    passed = failed = 0

    def count(what, check):
        nonlocal passed, failed
        wrong = list(check)
        passed += not wrong
        failed += bool(wrong)
        for one in wrong:
            print(f"  FAIL {what}: {one}")

    with tempfile.TemporaryDirectory() as folder:
        for check in (answers, credentials, encryption):
            count(check.__name__, check(ask, pathlib.Path(folder)))
    for release in arguments.releases:
        with tempfile.TemporaryDirectory() as folder, profiled.Profiled(release, folder) as running:
            count(f"{release} memory", memory(ask, running))
            count(f"{release} service", real_service(ask, running))
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
