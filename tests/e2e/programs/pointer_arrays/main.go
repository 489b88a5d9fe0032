// pointer_arrays: arrays of pointers beyond 128 KiB, whose pointer masks no type descriptor carries from Go 1.24
// on; half of them lie behind an unsafe.Pointer, so that no typed path leads to them. Texts of the same size got the
// memory of such arrays, and the runtime's records of it.
package main

import (
	"flag"
	"runtime"
	"unsafe"

	"holdfast.test/programs/truth"
)

type item struct {
	id   int
	body [56]byte
}

type mixed struct { // a large type with gaps between its pointers
	rows [9000]struct {
		count int
		item  *item
		tag   [3]uint32
	}
}

var (
	bigArrays  []*[20000]*item
	hidden     []unsafe.Pointer
	bigStructs []*mixed
	texts      []*[160000]byte
)

func fill(a *[20000]*item) *[20000]*item {
	for i := range a {
		a[i] = &item{id: i}
	}
	return a
}

// Large objects die, and objects without pointers take their place. Each processor has records of its own at hand, so
// there is only one meanwhile.
func addTexts(count int) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var dying [][]*item
	for i := 0; i < count; i++ {
		texts = append(texts, nil)
		dying = append(dying, make([]*item, 20000))
	}
	runtime.KeepAlive(dying)
	runtime.GC()
	runtime.GC() // which sweeps the rest
	for i := range texts {
		texts[i] = new([160000]byte)
	}
}

func main() {
	count := flag.Int("arrays", 20, "arrays of each kind")
	flag.Parse()
	addTexts(*count)
	for i := 0; i < *count; i++ {
		if i%2 == 0 {
			bigArrays = append(bigArrays, fill(new([20000]*item)))
		} else {
			hidden = append(hidden, unsafe.Pointer(fill(new([20000]*item))))
		}
	}
	for i := 0; i < 2; i++ {
		m := new(mixed)
		for j := range m.rows {
			m.rows[j].item = &item{id: j}
		}
		bigStructs = append(bigStructs, m)
	}
	plain := uint64((*count + 1) / 2)
	truth.Hold("main.bigArrays", "*[20000]*main.item", plain*20000, plain*(20000*64+163840))
	truth.Hold("main.hidden", "", uint64(*count/2)*20000, uint64(*count/2)*(20000*64+163840))
	truth.Fact("hidden_bytes", uint64(*count/2)*(20000*64+163840))
	truth.Hold("main.texts", "*[160000]uint8", uint64(*count), uint64(*count)*163840)
	truth.Fact("objects of [160000]uint8", uint64(*count))
	truth.Hold("main.bigStructs", "*main.mixed", 2*9000, 0)
	truth.Ready()
}
