// small_slices: slices of pointers of 1 to 4095 entries: the sizes at which their pointer maps change kind (bits in
// the span up to 512 bytes, a header word before the object up to 32 KiB, the span's own type above).
package main

import (
	"flag"

	"holdfast.test/programs/truth"
)

type item struct {
	id   int
	body [56]byte
}

type row struct {
	name  string
	value *item
	count int
}

var (
	smallSlices [][]*item
	everySize   [][]*item
	rows        [][]row
)

func filled(n int) []*item {
	s := make([]*item, n)
	for i := range s {
		s[i] = &item{id: i}
	}
	return s
}

func main() {
	count := flag.Int("slices", 2000, "slices of 200 pointers")
	flag.Parse()
	for i := 0; i < *count; i++ {
		smallSlices = append(smallSlices, filled(200))
	}
	for _, n := range []int{1, 2, 7, 8, 63, 64, 65, 66, 100, 127, 128, 129, 255, 511, 512, 513, 1000, 1023, 1024, 1025, 2047, 2048, 4094, 4095, 4096, 4097} {
		everySize = append(everySize, filled(n))
		r := make([]row, n)
		for i := range r {
			r[i] = row{value: &item{id: i}}
		}
		rows = append(rows, r)
	}
	truth.Hold("main.smallSlices", "[]*main.item", uint64(*count)*200, uint64(*count)*(200*64+1792))
	truth.Hold("main.everySize", "[]*main.item", 0, 0)
	truth.Hold("main.rows", "[]main.row", 0, 0)
	truth.Ready()
}
