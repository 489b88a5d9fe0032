// go_metrics: meters that are registered for a connection and unregistered at its end. The goroutine that ticks all
// meters kept them (rcrowley/go-metrics#201; users of sarama met it).
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/rcrowley/go-metrics"
)

func main() {
	registry := metrics.NewRegistry()
	for i := 0; i < 20000; i++ {
		name := fmt.Sprint("requests of connection ", i)
		metrics.GetOrRegisterMeter(name, registry).Mark(1)
		registry.Unregister(name)
	}
	ready()
	registry.UnregisterAll()
}

// ready prints a line when the program may be looked at, and returns when its input ends.
func ready() {
	runtime.GC()
	time.Sleep(200 * time.Millisecond)
	runtime.GC()
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
}
