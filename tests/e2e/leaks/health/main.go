// health: checks that are started and stopped, as when a configuration is read anew. The one that waits for the next
// check left the timer of its wait behind (alexliesenfeld/health#91), which matters before Go 1.23.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/alexliesenfeld/health"
)

func main() {
	for i := 0; i < 20000; i++ {
		checker := health.NewChecker(health.WithPeriodicCheck(24*time.Hour, 0, health.Check{
			Name: "database", Check: func(context.Context) error { return nil }}), health.WithDisabledAutostart())
		checker.Start()
		time.Sleep(100 * time.Microsecond)
		checker.Stop()
	}
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
