// grower adds spans to its heap, a quarter of a million of them, and never touches what is in them: the runtime's list
// of spans grows all the time, and each time that it is full it moves to another mapping. Ends when its input ends.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	spans     = 250_000
	spanBytes = 64 << 10
	burst     = 64 // spans between two rests, so that the list moves in each look rather than before the first
)

var held = make([][]byte, 0, spans)

func grow() {
	for len(held) < spans {
		held = append(held, make([]byte, spanBytes))
		if len(held)%burst == 0 {
			time.Sleep(100 * time.Microsecond)
		}
	}
}

func main() {
	debug.SetGCPercent(-1)
	go grow()
	fmt.Printf(`{"ready":true,"pid":%d,"go_version":%q}`+"\n", os.Getpid(), runtime.Version())
	var b [1]byte
	os.Stdin.Read(b[:])
}
