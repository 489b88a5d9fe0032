// health_go: a health check that takes longer than its time limit now and then. The result was sent to a channel without
// room, which nobody receives from any more (hellofresh/health-go#224).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/hellofresh/health-go/v5"
)

func slow(context.Context) error {
	answer := make([]byte, 20000)
	time.Sleep(20 * time.Millisecond)
	if answer[0] != 0 {
		return io.EOF
	}
	return nil
}

func main() {
	checks := make([]health.Config, 20)
	for i := range checks {
		checks[i] = health.Config{Name: fmt.Sprint("database ", i), Timeout: 5 * time.Millisecond, Check: slow}
	}
	checker, err := health.New(health.WithChecks(checks...))
	if err != nil {
		panic(err)
	}
	for i := 0; i < 30; i++ {
		checker.Measure(context.Background())
	}
	time.Sleep(300 * time.Millisecond)
	ready()
	checker.Measure(context.Background())
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
