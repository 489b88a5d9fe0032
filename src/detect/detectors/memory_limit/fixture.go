// A program that holds nearly what its limit allows and makes garbage, and one with room.
//
// expects: strong
package memory_limit

import (
	"runtime/debug"
	"time"
)

var (
	held [64][]byte
	sink []byte
)

func hold(limit int64) {
	debug.SetMemoryLimit(limit)
	for i := range held {
		held[i] = make([]byte, 1<<20)
	}
	go func() {
		for {
			sink = make([]byte, 256<<10)
			time.Sleep(100 * time.Microsecond)
		}
	}()
	time.Sleep(2 * time.Second)
}

func Fault() {
	hold(82 << 20)
}

func Twin() {
	hold(1 << 30)
}
