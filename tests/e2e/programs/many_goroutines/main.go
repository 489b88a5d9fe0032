// many_goroutines: parked goroutines, most alive, some long dead (the runtime keeps their structures).
package main

import (
	"flag"
	"runtime"
	"time"

	"holdfast.test/programs/truth"
)

type held struct {
	next *held
	body [112]byte
}

//go:noinline
func parked(h *held, until <-chan struct{}) {
	<-until
	h.body[0]++
}

func main() {
	count := flag.Int("goroutines", 10000, "parked goroutines")
	flag.Parse()
	open, closed := make(chan struct{}), make(chan struct{})
	for i := 0; i < *count; i++ {
		go parked(&held{next: &held{}}, open)
	}
	for i := 0; i < *count/10; i++ {
		go parked(&held{}, closed)
	}
	close(closed)
	for runtime.NumGoroutine() > *count+1 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	truth.Hold("main.parked", "*main.held", 2*uint64(*count), 2*uint64(*count)*128)
	truth.Fact("parked", uint64(*count))
	truth.Ready()
	runtime.KeepAlive(open)
}
