"""A Parca server for a test: built once from its Go module, at a fixed version, into build/readers/parca. It takes about
five minutes and fetches 250 modules. Profiles are pushed and read as its HTTP gateway has it; a push of the same profile
at the same time counts twice, so each one needs labels of its own.
"""
import base64
import datetime
import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import cells
from processes import Broken

VERSION = "v0.28.0"
RELEASE = "1.26"  # of Go, that the version asks for
FOLDER = cells.ROOT / "build/readers/parca"
BUILD_SECONDS = 3000
START_SECONDS = 60
CONFIGURATION = """object_storage:
  bucket:
    type: FILESYSTEM
    config:
      directory: ./data
"""


def program():
    """Returns the server, which is built if it is not there. A module of our own around it: Parca's cannot be installed by version."""
    built = FOLDER / f"parca-{VERSION}"
    if not built.exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        (FOLDER / "go.mod").write_text(f"module parcawrap\ngo {RELEASE}.0\nrequire github.com/parca-dev/parca {VERSION}\n")
        (FOLDER / "tools.go").write_text('//go:build tools\npackage tools\nimport _ "github.com/parca-dev/parca/cmd/parca"\n')
        done = subprocess.run([cells.ROOT / "tools/go_release", RELEASE, "--", "go", "build", "-mod=mod", "-o", built, "github.com/parca-dev/parca/cmd/parca"],
                              cwd=FOLDER, capture_output=True, text=True, timeout=BUILD_SECONDS)
        if done.returncode != 0:
            raise Broken(f"Parca was not built: {done.stderr[-600:]}")
    return built


class Parca:
    """A running server, with its data in `folder`."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        (folder / "parca.yaml").write_text(CONFIGURATION)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = open(folder / "parca.log", "w")
        self.process = subprocess.Popen([program(), "--config-path=parca.yaml", f"--http-address={self.address}", "--debuginfo-cache-dir=./cache"],
                                        cwd=folder, stdout=self.log, stderr=self.log)
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask("types")
                return
            except (urllib.error.URLError, ConnectionError) as error:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.stop()
                    raise Broken(f"Parca does not answer: {error}: {(folder / 'parca.log').read_text()[-600:]}") from error
                time.sleep(0.2)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.wait(START_SECONDS)
        self.log.close()

    def ask(self, path, **query):
        with urllib.request.urlopen(f"http://{self.address}/api/profiles/{path}?{urllib.parse.urlencode(query)}", timeout=START_SECONDS) as answer:
            return json.load(answer)

    def push(self, name, zipped):
        labels = [{"name": "__name__", "value": "memory"}, {"name": "test", "value": name}]
        body = {"series": [{"labels": {"labels": labels}, "samples": [{"rawProfile": base64.b64encode(zipped).decode()}]}]}
        request = urllib.request.Request(f"http://{self.address}/api/profiles/writeraw", json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=START_SECONDS).read()
        except urllib.error.HTTPError as error:
            raise Broken(f"Parca refuses {name}: {error.read()[:300]}") from error

    def bytes_in_use(self, name):
        """Returns the profile as it gives it back, for pprof; it has one value for each sample."""
        day, now = datetime.timedelta(days=1), datetime.datetime.now(datetime.timezone.utc)
        query = {"merge.query": f'memory:inuse_space:bytes:space:bytes{{test="{name}"}}', "merge.start": (now - day).isoformat(), "merge.end": (now + day).isoformat()}
        return base64.b64decode(self.ask("query", mode="MODE_MERGE", reportType="REPORT_TYPE_PPROF", **query)["pprof"])
