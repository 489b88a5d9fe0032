//go:build go1.26

// leak_profile: the runtime's own search for leaked goroutines has run, so they carry a status of their own. In 1.26 it
// exists only when built with GOEXPERIMENT=goroutineleakprofile.
package main

import (
	"flag"
	"io"
	"runtime/pprof"
	"time"

	"holdfast.test/programs/truth"
)

type work struct {
	done chan int
	body [4000]byte
}

//go:noinline
func leaks(w *work) {
	w.done <- 1
	w.body[0]++
}

//go:noinline
func waits(w *work) {
	<-w.done
	w.body[0]++
}

var alive = &work{done: make(chan int)}

func main() {
	count := flag.Int("goroutines", 200, "leaked goroutines")
	flag.Parse()
	for i := 0; i < *count; i++ {
		go leaks(&work{done: make(chan int)})
		if i%10 == 0 {
			go waits(alive)
		}
	}
	time.Sleep(100 * time.Millisecond)
	if p := pprof.Lookup("goroutineleak"); p != nil {
		p.WriteTo(io.Discard, 0)
		truth.Fact("leak_profile_taken", 1)
	} else {
		truth.Fact("leak_profile_taken", 0)
	}
	truth.Fact("leaked", uint64(*count))
	truth.Hold("main.leaks", "*main.work", uint64(*count), uint64(*count)*4096)
	truth.Ready()
}
