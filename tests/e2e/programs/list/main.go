// list: one long chain. Whoever walks the heap by recursion, or gives up at some depth, loses its tail.
package main

import (
	"flag"
	"unsafe"

	"holdfast.test/programs/truth"
)

type node struct {
	Next  *node
	Value [3]uint64
}

type double struct{ next, prev *double }

var (
	listHead   *node
	ringedList double
)

func main() {
	count := flag.Int("nodes", 500000, "nodes")
	flag.Parse()
	for i := 0; i < *count; i++ {
		listHead = &node{Next: listHead}
		if i == 0 {
			truth.Fact("deepest_node", uint64(uintptr(unsafe.Pointer(listHead))))
		}
	}
	ringedList.next, ringedList.prev = &ringedList, &ringedList
	for i := 0; i < *count/10; i++ {
		d := &double{&ringedList, ringedList.prev}
		d.prev.next, ringedList.prev = d, d
	}
	truth.Hold("main.listHead", "*main.node", uint64(*count), uint64(*count)*32)
	truth.Hold("main.ringedList", "main.double", uint64(*count/10), uint64(*count/10)*16)
	truth.Ready()
}
