// cgo: a program that is half C: threads that Go never saw, callbacks from C into Go that block there, C heap, and
// Go values that only C still refers to, through handles.
package main

/*
#cgo LDFLAGS: -lpthread
#include <stdint.h>
#include <stdlib.h>
void start_idle_threads(int n);
void start_callbacks(int n);
void call_back_here(uintptr_t handle);
void *c_heap(int blocks, size_t bytes);
*/
import "C"

import (
	"runtime/cgo"
	"sync/atomic"
	"time"

	"holdfast.test/programs/truth"
)

type payload struct {
	next *payload
	body [120]byte
}

var (
	never   = make(chan int)
	inside  int32
	cBlocks = 0
	handles []cgo.Handle
)

func chain(n int) *payload {
	var p *payload
	for i := 0; i < n; i++ {
		p = &payload{next: p}
	}
	return p
}

//export goBlocks
func goBlocks(handle C.uintptr_t) {
	p := chain(3)
	atomic.AddInt32(&inside, 1)
	<-never
	p.body[0]++
	if handle != 0 {
		cgo.Handle(handle).Value().(*payload).body[0]++
	}
}

func throughC(h cgo.Handle) {
	p := chain(2)
	C.call_back_here(C.uintptr_t(h))
	p.body[0]++
}

func main() {
	const blocks, bytes = 400, 65536
	C.start_idle_threads(3)
	C.start_callbacks(2)
	for i := 0; i < 3; i++ {
		h := cgo.NewHandle(chain(1))
		handles = append(handles, h)
		go throughC(h)
	}
	C.c_heap(blocks, bytes)
	for atomic.LoadInt32(&inside) < 5 {
		time.Sleep(time.Millisecond)
	}
	truth.Fact("c_heap_bytes", blocks*bytes)
	truth.Fact("callbacks", 5)
	truth.Ready()
}
