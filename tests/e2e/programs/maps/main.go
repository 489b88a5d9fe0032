// maps: large maps, as filled, as grown step by step, after deletions, and emptied; and one whose key is a constant.
package main

import (
	"flag"
	"fmt"

	"holdfast.test/programs/truth"
)

type rec struct {
	id    uint64
	peer  *rec
	label string
}

var (
	recByID   map[uint64]*rec
	recByName map[string]rec
	sparse    map[uint32]*rec
	emptied   map[string]*rec
	values    map[uint64][4]*rec
	pictures  = map[string][]byte{}
)

func main() {
	entries := flag.Int("entries", 200000, "entries of the largest map")
	flag.Parse()
	n := *entries
	_, bytes := truth.SizeOf(1, func(int) { fillByID(n) })
	truth.Hold("main.recByID", "*main.rec", uint64(n), bytes)
	recByName = make(map[string]rec, n/4)
	sparse = make(map[uint32]*rec)
	emptied = make(map[string]*rec)
	values = make(map[uint64][4]*rec)
	for i := 0; i < n/4; i++ {
		name := fmt.Sprint("record ", i)
		recByName[name] = rec{id: uint64(i), peer: recByID[uint64(i)], label: name}
		sparse[uint32(i*7)] = &rec{id: uint64(i)}
		emptied[name] = &rec{}
		values[uint64(i)] = [4]*rec{0: {id: 1}, 3: recByID[0]}
	}
	for i := 0; i < n/4; i++ {
		delete(emptied, fmt.Sprint("record ", i))
		if i%10 != 0 {
			delete(sparse, uint32(i*7))
		}
	}
	pictures["front page"] = make([]byte, 2<<20)
	truth.Hold("main.pictures", "[]uint8", 1, 2<<20)
	truth.Fact("recByID", uint64(len(recByID)))
	truth.Fact("recByName", uint64(len(recByName)))
	truth.Fact("sparse", uint64(len(sparse)))
	truth.Fact("emptied", uint64(len(emptied)))
	truth.Ready()
}

//go:noinline
func fillByID(n int) {
	recByID = make(map[uint64]*rec)
	var last *rec
	for i := 0; i < n; i++ {
		last = &rec{id: uint64(i), peer: last, label: fmt.Sprint(i)}
		recByID[uint64(i)] = last
	}
}
