// untouched: memory that the heap counts as allocated and the system has never given, since nobody wrote to it, beside
// the same that is written to, in whole and in part; live, and garbage.
package main

import (
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"

	"holdfast.test/programs/truth"
)

const (
	large = 64 << 20
	part  = 16 << 20 // of large; a multiple of what the system gives at once where pages are huge
)

var (
	untouched []byte
	touched   []byte
	partly    []byte
	pointers  []*int // the collector looks at it, which is no writing
	garbage   [][]byte
)

func fill(b []byte) {
	for i := 0; i < len(b); i += 512 {
		b[i] = 1
	}
}

// absentBytes is what the system says is not in memory of b. Ask before anybody reads b: pages that were only looked
// at count as there.
func absentBytes(b []byte) uint64 {
	size := os.Getpagesize()
	pages := make([]byte, len(b)/size)
	_, _, errno := syscall.Syscall(syscall.SYS_MINCORE, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(unsafe.Pointer(&pages[0])))
	if errno != 0 {
		panic(errno)
	}
	absent := uint64(0)
	for _, page := range pages {
		if page&1 == 0 {
			absent += uint64(size)
		}
	}
	return absent
}

func main() {
	debug.SetGCPercent(-1)
	untouched = make([]byte, large)
	touched = make([]byte, large)
	partly = make([]byte, large)
	pointers = make([]*int, large/8)
	fill(touched)
	fill(partly[3*part:])
	truth.Hold("main.untouched", "[]uint8", 1, large)
	truth.Hold("main.touched", "[]uint8", 1, large)
	truth.Hold("main.partly", "[]uint8", 1, large)
	truth.Hold("main.pointers", "[]*int", 1, large)
	// Measured, since a release that moves its heap about may have cleared what it gave.
	all := unsafe.Slice((*byte)(unsafe.Pointer(&pointers[0])), large)
	truth.Fact("absent_live_bytes", absentBytes(untouched)+absentBytes(touched)+absentBytes(partly)+absentBytes(all))
	garbage = [][]byte{make([]byte, large), make([]byte, large)}
	fill(garbage[0][:part])
	truth.Fact("garbage_bytes", 2*large)
	truth.Fact("resident_garbage_bytes", 2*large-absentBytes(garbage[0])-absentBytes(garbage[1]))
	truth.Fact("collector_off", 1)
	truth.BeforeReading = func() { garbage = nil }
	truth.Ready()
}
