"""Leaks of public libraries that tests/e2e/leaks reproduces: which library, what leaked in which version, and what a
report on it must say first."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Leak:
    name: str      # of its folder
    kind: str
    library: str   # module path
    buggy: str     # version
    fixed: str
    issue: str
    finds: tuple   # ids of detectors, any of which may be first
    place: str     # words that the first finding has in some of its texts
    release: str = "1.26"  # of Go
    fixed_release: str = ""  # if it is Go, and not the library, that mends it
    fixed_argument: str = ""  # if it is neither, what lets the program use the library rightly
    missed: str = ""  # why nothing is found, where that is known


GO = "Go itself"
NOBODY = "nothing looks for it yet"
LEAKS = (
    Leak("esbuild", "goroutines that send to nobody", "github.com/evanw/esbuild", "v0.25.5", "v0.25.6",
         "evanw/esbuild#4231", ("goroutine-leak",), "bundler.parseFile"),
    Leak("health_go", "results that nobody takes", "github.com/hellofresh/health-go/v5", "v5.5.4", "v5.5.5",
         "hellofresh/health-go#224", ("goroutine-leak",), "health.go:199"),
    Leak("logrus", "goroutine that keeps what would end it", "github.com/sirupsen/logrus", "v1.9.3", "v1.9.3",
         "sirupsen/logrus#1463", ("goroutine-leak",), "io.(*pipe).read", "1.24", "1.21"),
    Leak("openai", "answers of HTTP not closed", "github.com/openai/openai-go/v2", "v2.1.1", "v2.2.0",
         "openai/openai-go#495", ("waits-for-context", "library-goroutines"), "persistConn"),
    Leak("failsafe", "contexts never cancelled", "github.com/failsafe-go/failsafe-go", "v0.9.5", "v0.9.6",
         "failsafe-go/failsafe-go#134", ("context-children",), "context"),
    Leak("gocron", "contexts never cancelled", "github.com/go-co-op/gocron/v2", "v2.16.2", "v2.16.4",
         "go-co-op/gocron#857", ("context-children",), "context"),
    Leak("ristretto", "tickers never stopped", "github.com/dgraph-io/ristretto", "v0.1.0", "v0.2.0",
         "dgraph-io/ristretto#284", ("timers-pending",), "ticker", "1.22"),
    Leak("health", "timers of waits that ended otherwise", "github.com/alexliesenfeld/health", "v0.8.0", "v0.8.1",
         "alexliesenfeld/health#91", ("timers-pending",), "timer", "1.22"),
    Leak("sessions", "map by what nobody has any more", "github.com/gorilla/sessions", "v1.1.3", "v1.2.0",
         "gorilla/sessions#55", ("growing-map",), "gorilla/context"),
    Leak("go_metrics", "list under a global variable", "github.com/rcrowley/go-metrics",
         "v0.0.0-20161128210544-1f30fe9094a5", "v0.0.0-20181016184325-3113b8401b8a",
         "rcrowley/go-metrics#201", ("library-objects",), "go-metrics.StandardMeter"),
    Leak("otel", "list under a global variable", "go.opentelemetry.io/otel", "v1.29.0", "v1.30.0",
         "open-telemetry/opentelemetry-go#5753", ("library-objects",), "instruments"),
    Leak("otelhttp", "labels of metrics", "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "v0.42.0", "v0.44.0",
         "open-telemetry/opentelemetry-go-contrib#3765", ("library-objects",), "attribute.KeyValue"),
    Leak("yamux", "table of streams", "github.com/libp2p/go-yamux", "v1.3.6", "v1.3.8",
         "libp2p/go-yamux#29", ("growing-map",), "inflight", missed="there is code that deletes from maps of that type"),
    Leak("gorm", "prepared statements", "gorm.io/gorm", "v1.25.12", "v1.30.0",
         "go-gorm/gorm#7121", ("library-objects",), "Stmt"),
    Leak("ttlcache", "elements behind the end of a slice", "github.com/ReneKroon/ttlcache/v2", "v2.8.1", "v2.11.0",
         "jellydator/ttlcache#62", ("beyond-length",), "item"),
    Leak("slices_delete", "elements behind the end of a slice", GO, "1.21", "1.22",
         "golang/go#63393", ("beyond-length",), "main.server", "1.21", "1.22"),
    Leak("unique_words", "small string of a large one", GO, "1.23.1", "1.23.12",
         "golang/go#69370", ("pinned-array",), "unique", "1.23.1", "1.23"),
    Leak("wazero", "circle with a finalizer", "github.com/tetratelabs/wazero", "v1.3.1", "v1.4.0",
         "wazero/wazero#1600", ("finalizer-cycle",), "compiledModule"),
    Leak("client_go", "map by keys that nobody has any more", "k8s.io/client-go", "v0.35.0", "v0.36.0",
         "kubernetes/kubernetes#125818", ("library-objects", "growing-map"), "client-go/transport"),
    Leak("lumberjack", "goroutine of a log that was closed", "gopkg.in/natefinch/lumberjack.v2", "v2.2.1", "timberjack v1.4.10",
         "natefinch/lumberjack#205", ("goroutine-leak",), "millRun"),
    Leak("ssh_reject", "table of channels", "golang.org/x/crypto", "v0.51.0", "v0.52.0",
         "golang/go#35127", ("library-objects",), "ssh.channel"),
    Leak("fastcache", "memory outside of the heap", "github.com/VictoriaMetrics/fastcache", "v1.5.7", "v1.5.7",
         "VictoriaMetrics/fastcache#55", ("off-heap", "mapped-memory"), "fastcache", fixed_argument="reset"),
    Leak("zerolog", "large buffers in a pool", "github.com/rs/zerolog", "v1.8.0", "v1.9.1",
         "golang/go#23199", ("spare-capacity",), "zerolog"),
)
