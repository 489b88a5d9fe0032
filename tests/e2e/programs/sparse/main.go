// sparse: a service after a peak. Most of its heap is free: spans that a few objects keep, and pages that were given
// back to the system. Huge pages bring some of these back; the program does at once what the kernel does in minutes.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"holdfast.test/programs/truth"
)

type page struct {
	next *page
	data [2032]byte
}

var kept []*page

const peak, every = 100 << 20 / 2048, 64

func main() {
	var all []*page
	for i := 0; i < peak; i++ {
		p := &page{}
		p.data[0] = 1
		all = append(all, p)
		if i%every == 0 {
			kept = append(kept, p)
		}
	}
	all = nil
	runtime.GC()
	debug.FreeOSMemory()
	time.Sleep(100 * time.Millisecond)
	truth.Fact("collapsed_bytes", collapse())
	truth.Fact("kept_pages", uint64(len(kept)))
	truth.Ready()
}

// collapse returns how many bytes of its own large mappings are in huge pages now.
func collapse() uint64 {
	const huge, madvCollapse = 2 << 20, 25
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		panic(err)
	}
	defer maps.Close()
	var bytes uint64
	for in := bufio.NewScanner(maps); in.Scan(); {
		var from, to uintptr
		var rights string
		if _, err := fmt.Sscanf(in.Text(), "%x-%x %s", &from, &to, &rights); err != nil || rights[:2] != "rw" || to-from < 32<<20 {
			continue
		}
		for at := (from + huge - 1) &^ (huge - 1); at+huge <= to; at += huge {
			if _, _, e := syscall.Syscall(syscall.SYS_MADVISE, at, huge, madvCollapse); e == 0 {
				bytes += huge
			}
		}
	}
	return bytes
}
