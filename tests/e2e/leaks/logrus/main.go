// logrus: a writer of the log for each request, which is dropped and not closed. Its finalizer closes it, if it runs:
// from Go 1.22 on the goroutine that reads keeps the writer (sirupsen/logrus#1463).
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/sirupsen/logrus"
)

func handle(log *logrus.Logger) {
	fmt.Fprintln(log.WithField("request", "a").Writer(), "a line of the program that was started")
}

func main() {
	log := logrus.New()
	log.SetOutput(io.Discard)
	for i := 0; i < 500; i++ {
		handle(log)
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
