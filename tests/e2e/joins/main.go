// joins FILE: functions whose lines have several names: in a library that was vendored, of C's neighbour, generic, inlined,
// generated. Each keeps as many objects as it is told to. The program records every object, and writes its heap profile to
// the file.
package main

// #include <stdlib.h>
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	"example.com/depot"
)

type box[T any] struct {
	next *box[T]
	body T
}

var (
	boxes   *box[[100]byte]
	small   *box[[60]byte]
	inlined [][]byte
	beside  [][]byte
)

//go:noinline
func keepGeneric[T any](first *box[T], n int) *box[T] {
	for i := 0; i < n; i++ {
		first = &box[T]{next: first}
	}
	return first
}

func make300() []byte { return make([]byte, 300) }

//go:noinline
func keepInlined(n int) {
	for i := 0; i < n; i++ {
		inlined = append(inlined, make300())
	}
}

//go:noinline
func keepBesideC(n int) {
	C.free(C.malloc(10))
	for i := 0; i < n; i++ {
		beside = append(beside, make([]byte, 700))
	}
}

func main() {
	runtime.MemProfileRate = 1
	boxes = keepGeneric(boxes, 101)
	small = keepGeneric(small, 201)
	keepInlined(301)
	keepBesideC(401)
	keepGenerated(501)
	depot.Store(601)
	runtime.GC()
	runtime.GC()
	out, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := pprof.Lookup("heap").WriteTo(out, 0); err != nil {
		panic(err)
	}
	fmt.Printf("{\"pid\":%d,\"go_version\":%q}\n", os.Getpid(), runtime.Version())
	os.Stdin.Read(make([]byte, 1))
}
