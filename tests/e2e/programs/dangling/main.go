// dangling: addresses that are kept as numbers, of memory that was freed, that is used again, and that still lives.
package main

import (
	"runtime"
	"syscall"
	"unsafe"

	"holdfast.test/programs/truth"
)

const (
	handles     = 1000
	mappedBytes = 4 << 20
	moreReaders = 50
)

// Nothing else in the program has this size, so a slot that is freed stays free.
type buffer struct {
	next *buffer
	text [2900]byte
}

type handle struct {
	name    *string
	address uintptr
	stamp   int64
	buffer  *buffer
}

// The same for slots that are used again.
type page struct {
	next *page
	text [5000]byte
}

type reader struct {
	name *string
	page uintptr
}

// Slots of the same size as those of pages.
type sheet struct {
	next *sheet
	text [5001]byte
}

var (
	name     = "a handle"
	held     []*handle
	readers  []*reader
	pages    []*page
	sheets   []*sheet
	lone     uintptr
	mapped   []byte
	reusable uintptr
)

//go:noinline
func address(b *buffer) uintptr { return uintptr(unsafe.Pointer(b)) }

// Half of the handles keep their buffers, and all keep their addresses; every tenth has the address as a stamp, too.
func keep() (freed, stamps uint64) {
	for i := 0; i < handles; i++ {
		b := &buffer{}
		h := &handle{name: &name, address: address(b)}
		if i%2 == 0 {
			h.buffer = b
		} else {
			freed++
			if i%10 == 1 {
				h.stamp = int64(h.address)
				stamps++
			}
		}
		held = append(held, h)
	}
	return freed, stamps
}

// A page is freed, and its slot used for another one.
func reuse() {
	p := &page{}
	reusable = uintptr(unsafe.Pointer(p))
	readers = append(readers, &reader{&name, reusable})
	p = nil
	runtime.GC()
	runtime.GC()
	for uintptr(unsafe.Pointer(p)) != reusable {
		p = &page{}
		pages = append(pages, p)
	}
}

// Of many pages that readers have as numbers one is freed, and its slot used for something else.
func reuseOtherwise() {
	for i := 0; i < moreReaders; i++ {
		p := &page{}
		pages = append(pages, p)
		readers = append(readers, &reader{&name, uintptr(unsafe.Pointer(p))})
	}
	lost := readers[len(readers)-1].page
	pages[len(pages)-1] = nil
	pages = pages[:len(pages)-1]
	runtime.GC()
	runtime.GC()
	for s := (*sheet)(nil); uintptr(unsafe.Pointer(s)) != lost; sheets = append(sheets, s) {
		s = &sheet{}
	}
}

// Memory between two pages that nobody may touch: otherwise the system makes one mapping of it and of the runtime's own
// beside it, and nobody can tell them apart.
func mapApart() []byte {
	const page = 4096
	all, _ := syscall.Mmap(-1, 0, mappedBytes+2*page, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	middle := all[page : page+mappedBytes]
	if err := syscall.Mprotect(middle, syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
		panic(err)
	}
	return middle
}

func main() {
	mapped = mapApart()
	for i := 0; i < mappedBytes; i += 4096 {
		mapped[i] = 1
	}
	freed, stamps := keep()
	reuse()
	reuseOtherwise()
	lone = held[1].address
	*(*uintptr)(unsafe.Pointer(&mapped[4096])) = held[3].address
	truth.Fact("stale numbers", freed)
	truth.Fact("stale stamps", stamps)
	truth.Fact("lone", uint64(lone))
	truth.Fact("in mapping", uint64(held[3].address))
	truth.Fact("live", uint64(held[0].address))
	truth.Fact("reused", uint64(reusable))
	truth.Fact("named otherwise", 1)
	truth.Ready()
	runtime.KeepAlive(mapped)
}
