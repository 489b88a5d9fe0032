// The system makes huge pages of a heap that has given most of it back, and leaves it alone. It is asked to do at once
// what khugepaged does in time (MADV_COLLAPSE, Linux 6.1).
//
// expects: possible
// targets: live,hold
package huge_pages

import (
	"runtime/debug"
	"syscall"
	"unsafe"
)

const (
	count        = 64
	hugePage     = 2 << 20
	madvHugePage = 14
	madvCollapse = 25
)

var (
	sink [count][]byte
	kept [count]*byte
)

func release(collapses bool) {
	var pages []uintptr
	for i := range sink {
		sink[i] = make([]byte, 2*hugePage)
		for at := 0; at < len(sink[i]); at += 4096 {
			sink[i][at] = 1
		}
		pages = append(pages, (uintptr(unsafe.Pointer(&sink[i][0]))+hugePage-1)&^(hugePage-1))
	}
	sink = [count][]byte{}
	debug.FreeOSMemory()
	for i, page := range pages {
		if !collapses {
			break
		}
		kept[i] = (*byte)(unsafe.Pointer(new([64]byte)))
		syscall.Syscall(syscall.SYS_MADVISE, page, hugePage, madvHugePage)
		*(*byte)(unsafe.Pointer(page)) = 0 // a huge page needs one page that is there
		syscall.Syscall(syscall.SYS_MADVISE, page, hugePage, madvCollapse)
	}
}

func Fault() {
	release(true)
}

func Twin() {
	release(false)
}
