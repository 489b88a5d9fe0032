// Package load tells a test when a healthy program has had its load and may be looked at. The load goes on meanwhile.
package load

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// Until the test may look, the program has this long to come to the state that it is in for the rest of its life.
const settling = 2 * time.Second

// Look prints a line of JSON once the program has settled, and returns when the input ends. Two collections before the
// line give goroutines that wait an age, as the collections of a program that runs for hours do.
func Look() {
	wait := flag.Duration("wait", settling, "how long to run before the line is printed")
	flag.Parse()
	time.Sleep(*wait / 2)
	runtime.GC()
	time.Sleep(*wait / 2)
	runtime.GC()
	fmt.Printf("{\"ready\":true,\"pid\":%d,\"go_version\":%q}\n", os.Getpid(), runtime.Version())
	io.Copy(io.Discard, os.Stdin)
}

// Forever does something again and again, with a pause between.
func Forever(pause time.Duration, do func(round int)) {
	for i := 0; ; i++ {
		do(i)
		time.Sleep(pause)
	}
}

// Must ends the program if something went wrong that is no part of what is shown.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
