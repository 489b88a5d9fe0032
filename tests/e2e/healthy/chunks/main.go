// chunks allocates its nodes from large chunks and frees them together, and gives away parts of chunks that it will fill.
package main

import (
	"time"

	"holdfast.test/healthy/load"
)

type node struct {
	left, right *node
	value       [6]int
}

type arena struct {
	chunks [][]node
	bytes  []byte
}

func (a *arena) node() *node {
	if n := len(a.chunks); n == 0 || len(a.chunks[n-1]) == cap(a.chunks[n-1]) {
		a.chunks = append(a.chunks, make([]node, 0, 4096))
	}
	last := &a.chunks[len(a.chunks)-1]
	*last = (*last)[:len(*last)+1]
	return &(*last)[len(*last)-1]
}

func (a *arena) copyOf(text []byte) []byte {
	if len(a.bytes)+len(text) > cap(a.bytes) {
		a.bytes = make([]byte, 0, 256<<10)
	}
	begin := len(a.bytes)
	a.bytes = append(a.bytes, text...)
	return a.bytes[begin:len(a.bytes):len(a.bytes)]
}

type tree struct {
	arena arena
	root  *node
	names [][]byte
}

func build(n int) *tree {
	t := &tree{}
	for i := 0; i < n; i++ {
		one := t.arena.node()
		one.left, one.value[0] = t.root, i
		t.root = one
		t.names = append(t.names, t.arena.copyOf([]byte("the name of a node")))
	}
	return t
}

func main() {
	current := build(100000)
	go load.Forever(100*time.Millisecond, func(round int) { current = build(100000 + round%1000) })
	load.Look()
	current.root.value[0]++
}
