// otel: handlers that ask for their counter by its name each time, in a program that has no provider of metrics. The
// stand-in for the provider kept each of them for the provider to come (opentelemetry-go#5753).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"go.opentelemetry.io/otel"
)

func handle(ctx context.Context) {
	counter, err := otel.Meter("shop").Int64Counter("orders")
	if err == nil {
		counter.Add(ctx, 1)
	}
}

func main() {
	for i := 0; i < 100000; i++ {
		handle(context.Background())
	}
	go func() { // and so on, while it is looked at
		for {
			handle(context.Background())
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
