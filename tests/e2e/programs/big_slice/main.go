// big_slice: one object that is most of the heap, without a pointer in it, and one of the same kind full of them.
package main

import (
	"flag"

	"holdfast.test/programs/truth"
)

var (
	bigSlice    []byte
	bigPointers []*int64
)

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
	truth.Hold("main.bigSlice", "[]uint8", 1, uint64(*megabytes)<<20)
	truth.Hold("main.bigPointers", "[]*int64", uint64(len(bigPointers)/16), uint64(len(bigPointers))*8+uint64(len(bigPointers)/16)*8)
	truth.Ready()
}
