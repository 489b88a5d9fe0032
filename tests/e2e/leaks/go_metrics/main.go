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
	connection := func(i int) {
		name := fmt.Sprint("requests of connection ", i)
		metrics.GetOrRegisterMeter(name, registry).Mark(1)
		registry.Unregister(name)
	}
	for i := 0; i < 20000; i++ {
		connection(i)
	}
	go func() { // and so on, while it is looked at
		for i := 20000; ; i++ {
			connection(i)
			time.Sleep(time.Millisecond)
		}
	}()
	ready()
	registry.UnregisterAll()
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
