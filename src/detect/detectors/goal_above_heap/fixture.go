// Garbage under a high GOGC, and under the default.
//
// expects: possible
// uncollected
package goal_above_heap

import (
	"runtime"
	"runtime/debug"
)

var sink []byte

func waste(megabytes int) {
	for i := 0; i < megabytes; i++ {
		sink = make([]byte, 1<<20)
	}
	sink = nil
}

func Fault() {
	debug.SetGCPercent(1000)
	runtime.GC()
	waste(64)
}

func Twin() {
	waste(64)
	runtime.GC()
	waste(2)
}
