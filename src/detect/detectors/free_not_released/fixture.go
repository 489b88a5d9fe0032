// Much was needed for a moment, a moment ago; and the same with what is free given back.
//
// expects: possible
package free_not_released

import (
	"runtime"
	"runtime/debug"
)

const count = 1024

var sink [][]byte

func need() {
	sink = make([][]byte, count)
	for i := range sink {
		sink[i] = make([]byte, 1<<20)
		for at := 0; at < len(sink[i]); at += 4096 {
			sink[i][at] = 1
		}
	}
	sink = nil
	runtime.GC()
}

func Fault() {
	need()
}

func Twin() {
	need()
	debug.FreeOSMemory()
}
