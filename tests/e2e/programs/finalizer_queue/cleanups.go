//go:build go1.25

package main

import (
	"runtime"
	"time"

	"holdfast.test/programs/truth"
)

type cleaned struct {
	index int
	next  *cleaned
}

// ticket is as large as a pointer to it.
type ticket struct{ body *[bodySize]byte }

func init() {
	queueCleanups = func(n int) {
		// Up to 1.25 several goroutines run cleanups: each of them must meet one that blocks.
		for blocked, misses := 0, 0; misses < 3; {
			addBlocker()
			runtime.GC()
			select {
			case <-entered:
				blocked++
				misses = 0
			case <-time.After(100 * time.Millisecond):
				misses++
			}
			truth.Fact("blocked_cleanups", uint64(blocked))
		}
		addCleanups(n)
		truth.Hold("cleanup queue", "[]uint8", uint64(n), uint64(n)*bodySize)
		truth.Fact("queued_cleanups", uint64(n))
		addTickets(n / 10)
		truth.Fact("queued_tickets", uint64(n/10))
	}
}

//go:noinline
func addBlocker() {
	runtime.AddCleanup(&cleaned{}, func(int) { entered <- struct{}{}; <-never }, 0)
}

//go:noinline
func addCleanups(n int) {
	for i := 0; i < n; i++ {
		runtime.AddCleanup(&cleaned{index: i}, func(b []byte) { b[0] = 1 }, make([]byte, bodySize))
	}
}

//go:noinline
func addTickets(n int) {
	for i := 0; i < n; i++ {
		runtime.AddCleanup(&cleaned{index: i}, func(t *ticket) { t.body = nil }, &ticket{new([bodySize]byte)})
	}
}
