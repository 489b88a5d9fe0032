// finalizer_queue: objects that nothing but the runtime's own queues keep alive, because the one goroutine that
// would finish them is blocked. From Go 1.25 the cleanups have queues of their own (cleanups.go).
package main

import (
	"flag"
	"runtime"
	"time"

	"holdfast.test/programs/truth"
)

type handle struct {
	body  []byte
	index int
}

const bodySize = 8192

var (
	count   = flag.Int("objects", 2000, "objects in each queue")
	never   = make(chan int)
	entered = make(chan struct{}, 64)
	// queueCleanups fills the queue of cleanups, in the releases that have one.
	queueCleanups func(n int)
)

//go:noinline
func queueFinalizers(n int) {
	for i := 0; i < n; i++ {
		h := &handle{make([]byte, bodySize), i}
		runtime.SetFinalizer(h, func(h *handle) { h.body[0] = 1 })
	}
}

//go:noinline
func blockFinalizers() {
	runtime.SetFinalizer(&handle{}, func(*handle) { entered <- struct{}{}; <-never })
}

func main() {
	flag.Parse()
	blockFinalizers()
	runtime.GC()
	<-entered
	_, bytes := truth.SizeOf(1, func(int) { queueFinalizers(*count) })
	truth.Hold("finalizer queue", "*main.handle", uint64(*count), uint64(*count)*bodySize)
	truth.Fact("queued_finalizers", uint64(*count))
	truth.Fact("queued_finalizer_bytes", bytes)
	if queueCleanups != nil {
		queueCleanups(*count)
	}
	runtime.GC()
	time.Sleep(100 * time.Millisecond)
	truth.Ready()
}
