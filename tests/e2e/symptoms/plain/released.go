package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"holdfast.test/symptoms/run"
)

// Free memory of the heap stays in RSS.

var peak [][]byte

func rise(mib int) {
	for i := 0; i < mib; i++ {
		peak = append(peak, run.Buffer(run.MiB))
	}
}

func fall() {
	peak = nil
	runtime.GC()
}

// The runtime gives it back with MADV_FREE, which leaves it in RSS until the system is short of memory.
func freeLazily() {
	if os.Getenv("GODEBUG") != "madvdontneed=0" {
		run.Check(syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), "GODEBUG=madvdontneed=0")))
	}
	rise(128)
	fall()
	debug.FreeOSMemory()
}

// The runtime gives it back little by little, since that costs processor time.
func peakOnce() {
	rise(256)
	fall()
}

// It is needed again before it has been given back.
func burst() {
	go func() {
		for {
			rise(128)
			fall()
			time.Sleep(2 * time.Second)
		}
	}()
}
