// leaked_goroutines: goroutines blocked for ever on a send that nobody can receive, each with a buffer of its own.
package main

import (
	"flag"
	"runtime"
	"time"

	"holdfast.test/programs/truth"
)

const bufferSize = 16384

//go:noinline
func leakWorker(results chan<- int, buf []byte) {
	for i := range buf {
		buf[i] = byte(i)
	}
	results <- len(buf)
	buf[0] = 0
}

//go:noinline
func ask() {
	results := make(chan int) // nobody waits for the answer
	go leakWorker(results, make([]byte, bufferSize))
}

func main() {
	count := flag.Int("goroutines", 2000, "leaked goroutines")
	flag.Parse()
	for i := 0; i < *count; i++ {
		ask()
	}
	for runtime.NumGoroutine() < *count+1 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	truth.Hold("main.leakWorker", "[]uint8", uint64(*count), uint64(*count)*bufferSize)
	truth.Fact("leaked", uint64(*count))
	truth.Ready()
}
