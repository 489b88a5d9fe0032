// Garbage that nobody collects, and the same with a collector.
//
// expects: strong
// uncollected
package collector_off

import (
	"runtime"
	"runtime/debug"
)

var sink []byte

func waste() {
	for i := 0; i < 64; i++ {
		sink = make([]byte, 1<<20)
	}
	sink = nil
}

func Fault() {
	debug.SetGCPercent(-1)
	waste()
}

func Twin() {
	waste()
	runtime.GC()
}
