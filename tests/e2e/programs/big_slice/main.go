// big_slice: one object that is most of the heap, without a pointer in it, one of the same kind full of them, and one
// that names the same few objects again and again.
package main

import (
	"flag"

	"holdfast.test/programs/truth"
)

var (
	bigSlice    []byte
	bigPointers []*int64
	bigRepeats  []*int64
)

const few = 16

func main() {
	megabytes := flag.Int("mb", 64, "size of the plain slice in MiB")
	flag.Parse()
	bigSlice = make([]byte, *megabytes<<20)
	bigPointers = make([]*int64, *megabytes<<10)
	for i := range bigPointers {
		if i%16 == 0 {
			bigPointers[i] = new(int64)
		}
	}
	bigRepeats = make([]*int64, *megabytes<<12)
	for i := range bigRepeats {
		if i < few {
			bigRepeats[i] = new(int64)
		} else {
			bigRepeats[i] = bigRepeats[i*i%few]
		}
	}
	truth.Hold("main.bigSlice", "[]uint8", 1, uint64(*megabytes)<<20)
	truth.Hold("main.bigPointers", "[]*int64", uint64(len(bigPointers)/16), uint64(len(bigPointers))*8+uint64(len(bigPointers)/16)*8)
	truth.Hold("main.bigRepeats", "[]*int64", few, uint64(len(bigRepeats))*8+few*8)
	truth.Ready()
}
