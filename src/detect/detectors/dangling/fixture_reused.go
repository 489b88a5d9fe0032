// Objects keep addresses of pages as numbers; one page is freed, and its slot used for something else. And the same with
// a pointer to each page.
//
// expects: possible
// frees nothing
// values
package dangling_reused

import (
	"runtime"
	"unsafe"
)

type page struct {
	next *page
	text [5000]byte
}

type sheet struct {
	next *sheet
	text [5001]byte
}

type reader struct {
	name *string
	page uintptr
}

var (
	name    = "a reader"
	readers []*reader
	pages   []*page
	sheets  []*sheet
)

// The sheets are so many that they fill whatever slots of their size are free.
func read(keepsAll bool) {
	for i := 0; i < 50; i++ {
		p := &page{}
		pages = append(pages, p)
		readers = append(readers, &reader{&name, uintptr(unsafe.Pointer(p))})
	}
	if !keepsAll {
		pages[25] = nil
	}
	runtime.GC()
	runtime.GC()
	lost := readers[25].page
	for i := 0; i < 1000; i++ {
		s := &sheet{}
		sheets = append(sheets, s)
		if uintptr(unsafe.Pointer(s)) == lost {
			break
		}
	}
}

func Fault() { read(false) }

func Twin() { read(true) }
