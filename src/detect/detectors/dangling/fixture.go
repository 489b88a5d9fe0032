// Objects keep addresses as numbers, and what these named is freed; and the same with a pointer beside the number.
//
// expects: possible
// frees nothing
package dangling

import (
	"runtime"
	"unsafe"
)

type buffer struct {
	next *buffer
	text [200]byte
}

type handle struct {
	name    *string
	address uintptr
	buffer  *buffer
}

var (
	handles []*handle
)

func keep(keeps bool) {
	name := "a handle"
	for i := 0; i < 1000; i++ {
		b := &buffer{}
		h := &handle{name: &name, address: uintptr(unsafe.Pointer(b))}
		if keeps || i%2 == 0 {
			h.buffer = b
		}
		handles = append(handles, h)
	}
}

func Fault() {
	keep(false)
	runtime.GC()
}

func Twin() {
	keep(true)
	runtime.GC()
}
