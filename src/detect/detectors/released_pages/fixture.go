// Memory is given back in the way that RSS does not show, and in the usual way. A core says nothing of either.
//
// expects: possible
// targets: live,hold
package released_pages

import (
	"os"
	"runtime/debug"
	"syscall"
)

var sink []byte

func release() {
	sink = make([]byte, 256<<20)
	for i := 0; i < len(sink); i += 4096 {
		sink[i] = 1
	}
	sink = nil
	debug.FreeOSMemory()
}

func Fault() {
	if os.Getenv("GODEBUG") == "" {
		os.Setenv("GODEBUG", "madvdontneed=0")
		syscall.Exec("/proc/self/exe", os.Args, os.Environ())
	}
	release()
}

func Twin() {
	release()
}
