// failsafe: calls with a time limit under a context that lives as long as the program. Each call made a context of its
// own, and it was cancelled only if the time ran out (failsafe-go#134).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/timeout"
)

func main() {
	root, cancel := context.WithCancel(context.Background())
	defer cancel()
	executor := failsafe.With(timeout.New[any](time.Hour)).WithContext(root)
	for i := 0; i < 50000; i++ {
		executor.Run(func() error { return nil })
	}
	go func() { // and so on, while it is looked at
		for {
			executor.Run(func() error { return nil })
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
