package main

import (
	"runtime"
	"runtime/debug"

	"holdfast.test/symptoms/run"
)

// The heap grows, and what is in use by the heap profile does not: a profile shows what the last collection left, and only
// what was sampled.

var base [][]byte // what lives, so that the collector has a goal

func keepBase(mib int) {
	for i := 0; i < mib; i++ {
		base = append(base, run.Buffer(run.MiB))
	}
	runtime.GC()
}

func churnUnderHighGOGC() {
	keepBase(8)
	debug.SetGCPercent(10000)
	run.Churn(run.MiB, 16<<10)
}

func churnWithoutCollector() {
	keepBase(8)
	debug.SetGCPercent(-1)
	run.Grow(run.MiB, func(int) {
		for i := 0; i < 64; i++ {
			dropped = run.Buffer(16 << 10)
		}
	})
}

var dropped []byte

func growUnsampled() {
	runtime.MemProfileRate = 0
	run.Grow(run.MiB, func(int) {
		for i := 0; i < 1024; i++ {
			unsampled = append(unsampled, run.Buffer(1024))
		}
	})
}

var unsampled [][]byte
