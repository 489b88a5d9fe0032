package main

import (
	"runtime"
	"runtime/debug"
	"time"

	"holdfast.test/symptoms/run"
)

// Garbage grows: the collector is told to wait longer than the program wants to pay for.

func churnUpToLimit() {
	keepBase(8)
	debug.SetMemoryLimit(run.Most)
	debug.SetGCPercent(-1)
	run.Churn(run.MiB, 32<<10)
}

// The more garbage there is, the more it allows.
func churnUnderRisingGOGC() {
	keepBase(32)
	run.Churn(4*run.MiB, 16<<10)
	go func() {
		for percent := 100; percent < 1500; percent += 50 {
			debug.SetGCPercent(percent)
			time.Sleep(500 * time.Millisecond)
		}
	}()
}

// The program collects by itself, "when there is time".
func churnRarelyCollected() {
	keepBase(8)
	debug.SetGCPercent(-1)
	run.Churn(run.MiB, 64<<10)
	go func() {
		for range time.Tick(20 * time.Second) {
			runtime.GC()
		}
	}()
}
