"""Real programs as Go modules: which they are, how they are built, and the load that gives each a large heap."""
import base64
import dataclasses
import http.client
import json
import os
import pathlib
import socket
import time

import cells
from processes import Broken
from serving import REAL, Server, command, etcd, free_port, get, nats, once

BUILD_SECONDS = 3600
STATIC = {"CGO_ENABLED": "0"}


@dataclasses.dataclass(frozen=True)
class Program:
    """A program of some module, at one version, built with one Go release."""
    name: str
    kind: str
    release: str  # of Go, without the patch
    module: str
    version: str
    package: str  # below the module
    start: str    # which of SERVERS
    replaced: tuple = ()  # "module=other@version" of its own go.mod, without which it does not build

    def __str__(self):
        return f"{self.name} {self.version.removeprefix('v').rsplit('-', 1)[-1]} ({self.release})"

    def server(self):
        return SERVERS[self.start]


PROGRAMS = (
    Program("nats-server", "message broker", "1.26", "github.com/nats-io/nats-server/v2", "v2.15.2", "", "nats"),
    Program("esbuild", "compiler", "1.25", "github.com/evanw/esbuild", "v0.28.2", "/cmd/esbuild", "esbuild"),
    Program("etcd", "database, protobuf", "1.26", "go.etcd.io/etcd/server/v3", "v3.6.16", "", "etcd"),
    Program("caddy", "web server, proxy", "1.27", "github.com/caddyserver/caddy/v2", "v2.11.9", "/cmd/caddy", "caddy"),
    Program("gopls", "linter, type checker", "1.27", "golang.org/x/tools/gopls", "v0.24.0", "", "gopls"),
    Program("tsgo", "compiler, generics", "1.26", "github.com/microsoft/typescript-go", "v0.0.0-20260708042240-2bd066d87f5b",
            "/cmd/tsgo", "tsgo"),
    Program("gojq", "CLI", "1.23", "github.com/itchyny/gojq", "v0.12.17", "/cmd/gojq", "gojq"),
    Program("caddy", "web server, proxy", "1.19", "github.com/caddyserver/caddy/v2", "v2.6.4", "/cmd/caddy", "caddy"),
    Program("nats-server", "message broker", "1.20", "github.com/nats-io/nats-server/v2", "v2.9.25", "", "nats"),
    Program("etcd", "database, protobuf", "1.22", "go.etcd.io/etcd/server/v3", "v3.5.17", "", "etcd"),
    Program("prometheus", "monitoring server", "1.21", "github.com/prometheus/prometheus", "v0.40.7", "/cmd/prometheus",
            "prometheus", ("k8s.io/klog=github.com/simonpasquier/klog-gokit@v0.3.0",
                           "k8s.io/klog/v2=github.com/simonpasquier/klog-gokit/v3@v3.0.0")),
    Program("pushgateway", "metrics, protobuf", "1.24", "github.com/prometheus/pushgateway", "v1.11.1", "", "pushgateway"),
)


def go_environment(release):
    more = {"GODEBUG": "goindex=0"} if cells.minor(release) < 20 else {}
    return cells.plain_environment() | STATIC | more | {
        "GOTOOLCHAIN": f"go{cells.toolchains()[release]}", "GOFLAGS": "-buildvcs=false -mod=mod -p=2", "GOWORK": "off"}


def build(program, ldflags=""):
    """Returns the path of the program, built in a module of its own that requires just this one: `go install` refuses programs
    whose module replaces others."""
    suffix = "-bare" if ldflags else ""
    folder = REAL / f"{program.name}-{program.version}-go{program.release}{suffix}"

    def make(draft):
        options = {"cwd": draft, "env": go_environment(program.release), "timeout": BUILD_SECONDS}
        command("go", "mod", "init", "built", **options)
        for one in program.replaced:
            command("go", "mod", "edit", f"-replace={one}", **options)
        command("go", "get", f"{program.module}{program.package}@{program.version}", **options)
        command("go", "build", f"-ldflags={ldflags}", "-o", program.name, program.module + program.package, **options)
    return once(folder, make) / program.name


def ask(port, method, path, body=None, headers=None, connection=None):
    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    text = reply.read()
    if reply.status >= 400:
        raise Broken(f"{method} {path}: {reply.status} {text[:200]!r}")
    return text


def start_etcd(binary, work, port):
    return etcd(binary, work, port, "--unsafe-no-fsync")


ETCD_ROUNDS, ETCD_PUTS = 400, 100


def load_etcd(_, port):
    """Stores keys, a tenth of them with leases, and adds watchers that stay."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(path, value):
        return json.loads(ask(port, "POST", path, json.dumps(value), connection=connection))

    def coded(text):
        return base64.b64encode(text.encode()).decode()

    for i in range(ETCD_ROUNDS):
        lease = post("/v3/lease/grant", {"TTL": 36000})["ID"] if i % 10 == 0 else 0
        puts = [{"request_put": {"key": coded(f"/registry/pods/{n % 7}/{i}-{n}"), "value": coded(f"value {n} " * 10),
                                 "lease": lease}} for n in range(ETCD_PUTS)]
        post("/v3/kv/txn", {"success": puts})
    connections = [connection]
    for i in range(50):
        watcher = socket.create_connection(("127.0.0.1", port))
        body = json.dumps({"create_request": {"key": coded(f"/registry/pods/{i}")}})
        watcher.sendall(f"POST /v3/watch HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        connections.append(watcher)
    return connections


NATS_CLIENTS, NATS_SUBJECTS, NATS_MESSAGES = 50, 200, 20000


def load_nats(_, http_port):
    """Connects clients with subscriptions that stay, and fills a stream of messages that is held in memory."""
    port = json.loads(get(http_port, "/varz"))["port"]
    connections = []
    for i in range(NATS_CLIENTS):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b'CONNECT {"verbose":false,"name":"client"}\r\n')
        client.sendall(b"".join(f"SUB orders.{i}.{n}.> {n + 1}\r\n".encode() for n in range(NATS_SUBJECTS)))
        connections.append(client)
    stream = json.dumps({"name": "events", "subjects": ["events.>"], "storage": "memory", "retention": "limits",
                         "discard": "old", "num_replicas": 1, "max_consumers": -1, "max_msgs": -1, "max_bytes": -1}).encode()
    sender = connections[0]
    sender.sendall(b"PUB $JS.API.STREAM.CREATE.events %d\r\n%s\r\n" % (len(stream), stream))
    time.sleep(1)
    for i in range(NATS_MESSAGES):
        sender.sendall(b"PUB events.%d 500\r\n%s\r\n" % (i % 997, b"m" * 500))
    sender.sendall(b"PING\r\n")
    deadline = time.monotonic() + 60
    while json.loads(get(http_port, "/jsz"))["messages"] < NATS_MESSAGES:
        if time.monotonic() > deadline:
            raise Broken("nats-server did not keep the messages")
        time.sleep(0.2)
    return connections


CADDY_ROUTES, CADDY_REQUESTS = 3000, 2000


def start_caddy(binary, work, port):
    """Configures thousands of routes of several kinds."""
    other = free_port()
    lines = ["{\n admin off\n auto_https off\n}", f"http://127.0.0.1:{other} {{\n bind 127.0.0.1\n respond \"behind\"\n}}",
             f"http://127.0.0.1:{port} {{\n bind 127.0.0.1\n encode gzip\n templates"]
    for i in range(CADDY_ROUTES):
        body = (f"respond \"hello {i} {{remote_host}}\"", f"reverse_proxy 127.0.0.1:{other}",
                f"header X-Number {i}\n  respond \"number {i}\"", f"rewrite * /page{{uri}}\n  file_server")[i % 4]
        lines.append(f" handle /r{i}/* {{\n  {body}\n }}")
    lines.append(" handle {\n  respond \"none\"\n }\n}")
    config = work / "Caddyfile"
    config.write_text("\n".join(lines) + "\n")
    return [binary, "run", "--config", config, "--adapter", "caddyfile"]


def load_caddy(_, port):
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(40)]
    for i in range(CADDY_REQUESTS):
        kind = i % 3  # the files are not there
        ask(port, "GET", f"/r{i % CADDY_ROUTES // 4 * 4 + kind}/x?q={i}", connection=connections[i % 40])
    return connections


ESBUILD_MODULES = 250


def start_esbuild(binary, work, port):
    for i in range(ESBUILD_MODULES):
        lines = [f"import {{ f0 }} from './m{(i * 7 + 1) % ESBUILD_MODULES}'"]
        lines += [f"export class C{n}<T> {{ private a: T; constructor(x: T, public b = {n}) {{ this.a = x }}\n"
                  f" map<U>(f: (x: T) => U): C{n}<U> {{ return new C{n}(f(this.a ?? (null as any)), this.b + {i}) }} }}"
                  for n in range(15)]
        lines += [f"export function f{n}(a: number, ...rest: string[]) {{ const {{ x, y = 3 }} = {{ x: a }} as any;\n"
                  f" for (const s of rest) if (s.length > {n}) return `${{x}} ${{y}} module {i}`; return /a+{n}/g.test(rest[0]) }}"
                  for n in range(25)]
        (work / f"m{i}.ts").write_text("\n".join(lines))
    (work / "entry.ts").write_text("\n".join(f"import * as m{i} from './m{i}'; console.log(m{i})" for i in range(ESBUILD_MODULES)))
    return [binary, work / "entry.ts", "--bundle", "--sourcemap", f"--outdir={work / 'out'}", f"--serve=127.0.0.1:{port}"]


def load_path(path, times):
    def load(_, port):
        for _ in range(times):
            get(port, path)
    return load


PROMETHEUS_JOBS = 25


def start_prometheus(binary, work, port):
    """Makes it scrape itself under many names, with rules."""
    config, rules = work / "prometheus.yml", work / "rules.yml"
    jobs = "".join(f"- job_name: self{i}\n  static_configs:\n  - targets: ['127.0.0.1:{port}']\n    labels: {{shard: s{i}}}\n"
                   for i in range(PROMETHEUS_JOBS))
    config.write_text(f"global: {{scrape_interval: 4s}}\nrule_files: ['{rules}']\nscrape_configs:\n{jobs}")
    rules.write_text("groups:\n" + "".join(
        f"- name: g{i}\n  rules:\n  - record: r{i}:rate\n    expr: sum by (handler) (rate(prometheus_http_requests_total"
        f"{{shard=\"s{i}\"}}[1m])) / {i + 1}\n  - alert: A{i}\n    expr: up{{shard=\"s{i}\"}} == 0 and on() vector({i}) > 0\n"
        for i in range(PROMETHEUS_JOBS)))
    return [binary, f"--config.file={config}", f"--storage.tsdb.path={work / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]


def load_prometheus(_, port):
    """Waits until it has scraped each target a few times, and asks queries."""
    deadline = time.monotonic() + 90
    while True:
        found = json.loads(ask(port, "GET", "/api/v1/query?query=count(count_over_time(up[2m])>=3)"))["data"]["result"]
        if found and int(found[0]["value"][1]) == PROMETHEUS_JOBS:
            break
        if time.monotonic() > deadline:
            raise Broken(f"prometheus did not scrape its targets: {found}")
        time.sleep(1)
    for i in range(100):
        ask(port, "GET", f"/api/v1/query?query=sum(rate(go_gc_duration_seconds_count[{i + 5}s]))")


PUSHED_GROUPS, PUSHED_SERIES = 600, 60


def start_pushgateway(binary, work, port):
    return [binary, "--push.disable-consistency-check", f"--web.listen-address=127.0.0.1:{port}"]


def load_pushgateway(_, port):
    """Pushes groups of metrics that jobs have left, which it keeps as protobuf messages."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for i in range(PUSHED_GROUPS):
        body = "".join(f"# TYPE family_{n} gauge\nfamily_{n}{{kind=\"k{n % 5}\",shard=\"{i}\"}} {i * n}\n" for n in range(PUSHED_SERIES))
        ask(port, "PUT", f"/metrics/job/backup/instance/i{i}", body, connection=connection)
    return [connection]


GOPLS_MODULE = cells.ROOT / "tests/e2e/programs"


def start_gopls(binary, work, port):
    """Starts a daemon; the address that answers is its page for its developers."""
    lsp = free_port()
    (work / "lsp").write_text(str(lsp))
    telemetry = work / "go/telemetry"
    telemetry.mkdir(parents=True)
    (telemetry / "mode").write_text("off\n")  # or else it starts a second process of itself, which only waits for it to crash
    return [binary, f"-listen=127.0.0.1:{lsp}", "-listen.timeout=0", f"-debug=127.0.0.1:{port}"]


class Editor:
    """Acts as an editor, as far as it takes to open a module."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self.file, self.number = self.socket.makefile("rb"), 0

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0"} | message).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def tell(self, method, parameters):
        self.send({"method": method, "params": parameters})

    def ask(self, method, parameters):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": parameters})
        while True:
            length = 0
            while (line := self.file.readline().strip()):
                length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
            if not length:
                raise Broken("gopls has hung up")
            message = json.loads(self.file.read(length))
            if message.get("id") == self.number and "method" not in message:
                return message
            if "id" in message:  # a question to the editor
                self.send({"id": message["id"], "result": None})

    def close(self):
        self.file.close()
        self.socket.close()


def load_gopls(work, _):
    editor = Editor(int((work / "lsp").read_text()))
    editor.ask("initialize", {"processId": os.getpid(), "rootUri": GOPLS_MODULE.as_uri(), "capabilities": {
        "workspace": {"configuration": False}}, "initializationOptions": {"staticcheck": True}})
    editor.tell("initialized", {})
    for path in sorted(GOPLS_MODULE.glob("*/main.go")):
        document, text = {"uri": path.as_uri()}, path.read_text()
        line = text[:text.index("func main()")].count("\n")
        editor.tell("textDocument/didOpen", {"textDocument": document | {
            "languageId": "go", "version": 1, "text": text}})
        editor.ask("textDocument/documentSymbol", {"textDocument": document})
        place = {"textDocument": document, "position": {"line": line, "character": 6}}
        editor.ask("textDocument/references", place | {"context": {"includeDeclaration": True}})
        editor.ask("textDocument/hover", place)
    editor.ask("workspace/symbol", {"query": "Reader"})
    return [editor]


TSGO_MODULES = 150


def start_tsgo(binary, work, port):
    """Makes it watch a project, whose checked program it keeps."""
    for i in range(TSGO_MODULES):
        lines = [f"import {{ Box0, area0 }} from './m{(i * 7 + 1) % TSGO_MODULES}';", f"export const other{i} = new Box0(area0);"]
        lines += [f"export class Box{n}<T> {{ constructor(readonly value: T, public next?: Box{n}<T>) {{}}\n"
                  f"  map<U>(f: (x: T) => U) {{ return new Box{n}<U>(f(this.value)) }} }}\n"
                  f"export interface Shape{n} {{ kind: 'm{i}' | 'n{n}'; size: number; parts: Partial<Record<'a{i}' | 'b{n}', string>> }}\n"
                  f"export function area{n}(s: Shape{n}) {{ return s.kind === 'm{i}' ? new Box{n}(s).map(x => x.size * {n}).value : s.parts.b{n} }}"
                  for n in range(10)]
        (work / f"m{i}.ts").write_text("\n".join(lines) + "\n")
    (work / "tsconfig.json").write_text(json.dumps({"compilerOptions": {"strict": True, "noEmit": True, "target": "es2022"}}))
    return [binary, "--watch", "-p", work]


GOJQ_EVENTS, GOJQ_USERS, GOJQ_ASKED = 20000, 5000, 3000
GOJQ_JOIN = f"""[limit({GOJQ_EVENTS}; inputs)] | group_by(.user) | map({{key: .[0].user, value: .}}) | from_entries as $users
  | inputs | if .last then "no more" else $users[.user] | length end"""


def feed_gojq():
    """Writes events, and then the other side of the join."""
    for i in range(GOJQ_EVENTS):
        yield json.dumps({"id": i, "user": f"user{i % GOJQ_USERS}", "host": f"h{i % 97}.example", "ms": i % 350 + 0.5,
                          "tags": [f"t{i % 13}", f"t{i % 7}"], "request": {"path": f"/a/{i}", "ok": i % 3 == 0, "body": None}}) + "\n"
    for i in range(GOJQ_ASKED):
        yield json.dumps({"user": f"user{i * 2}"}) + "\n"
    yield '{"last": true}\n'


def go_folder():
    found = [pathlib.Path(p) for p in os.environ["PATH"].split(":") if (pathlib.Path(p) / "go").exists()]
    if not found:
        raise Broken("there is no go in PATH")
    return found[0].resolve()


SERVERS = {
    "nats": Server("nats-server", nats, "/varz", load_nats),
    "etcd": Server("etcd", start_etcd, "/version", load_etcd),
    "caddy": Server("caddy", start_caddy, "/r0/x", load_caddy),
    "esbuild": Server("esbuild", start_esbuild, "/entry.js", load_path("/entry.js", 5)),
    "prometheus": Server("prometheus", start_prometheus, "/-/ready", load_prometheus),
    "pushgateway": Server("pushgateway", start_pushgateway, "/-/ready", load_pushgateway),
    "tsgo": Server("tsgo", start_tsgo, says="Watching for file changes."),
    "gojq": Server("gojq", lambda binary, *_: [binary, "-n", GOJQ_JOIN], says="no more", reads=feed_gojq),
    "gopls": Server("gopls", start_gopls, "/", load_gopls, {
        "PATH": f"{go_folder()}:/usr/bin:/bin", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}),
}
