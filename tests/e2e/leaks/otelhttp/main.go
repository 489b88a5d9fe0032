// otelhttp: a server with ordinary clients of many sorts. The metrics had the client's name and port as labels, and a
// series for each was kept (opentelemetry-go-contrib#3765).
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
)

func main() {
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(metric.NewManualReader())))
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	handler := otelhttp.NewHandler(hello, "hello")
	ask := func(i int) {
		request := httptest.NewRequest("GET", "/", nil)
		request.RemoteAddr = fmt.Sprintf("10.0.%d.%d:%d", i%7, i%11, 20000+i)
		request.Header.Set("User-Agent", fmt.Sprintf("browser/%d.%d", i%37, i))
		handler.ServeHTTP(httptest.NewRecorder(), request)
	}
	for i := 0; i < 12000; i++ {
		ask(i)
	}
	go func() { // and so on, while it is looked at
		for i := 12000; ; i++ {
			ask(i)
			time.Sleep(time.Millisecond)
		}
	}()
	ready()
}

// ready prints a line when the program may be looked at, and returns when its input ends. The collections are those that
// a program has had after some hours.
func ready() {
	for i := 0; i < 25; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
}
