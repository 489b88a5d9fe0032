// marks: objects that the last collection marked and that nobody holds any more, of each kind for which the memory
// still shows the reason: records of threads that ended, objects that were marked for their finalizers, and what a
// word on a stack names that was a variable when the collector looked.
package main

import (
	"runtime"
	"sync/atomic"
	"time"

	"holdfast.test/programs/truth"
)

const (
	threads     = 3
	resurrected = 20
	chainLength = 200
	settle      = 50 * time.Millisecond
	linkBytes   = 64
	handleBytes = 40960 // as allocated
)

type link struct {
	next *link
	body [6]uint64
}

// handle is large, so that it has a span of its own.
type handle struct {
	child *link
	body  [5000]uint64
}

var (
	handles   []*handle
	finalized int32
	sink      uint64
	ready     = make(chan int)
	leave     = make(chan int)
	drop      = make(chan int)
	never     = make(chan int)
)

// The main thread cannot end.
func init() { runtime.LockOSThread() }

// onThread ends with its thread, since it does not unlock it.
func onThread(until chan int) {
	runtime.LockOSThread()
	ready <- 1
	<-until
}

func startThreads(n int, until chan int) {
	for i := 0; i < n; i++ {
		go onThread(until)
	}
	for i := 0; i < n; i++ {
		<-ready
	}
}

//go:noinline
func chain(n int) *link {
	var first *link
	for i := 0; i < n; i++ {
		first = &link{next: first}
	}
	return first
}

// forget needs its chain until told, and then waits with a frame that still has the word.
//
//go:noinline
func forget() {
	first := chain(chainLength)
	ready <- 1
	<-drop
	sink += first.body[0]
	<-never
}

// The handles get spans of their own: what a span shows of its sweep, it shows of all its objects together.
//
//go:noinline
func addHandles() {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for i := 0; i < resurrected; i++ {
		h := &handle{child: &link{}}
		runtime.SetFinalizer(h, func(h *handle) { atomic.AddInt32(&finalized, 1) })
		handles = append(handles, h)
	}
}

func afterTheMark() {
	handles = nil
	runtime.GC()
	for atomic.LoadInt32(&finalized) < resurrected {
		time.Sleep(time.Millisecond)
	}
	drop <- 1
	for i := 0; i < threads; i++ {
		leave <- 1
	}
	// The record of an ended thread is let go when the next one is made.
	time.Sleep(settle)
	startThreads(2*threads+8, never)
	time.Sleep(settle)
}

func main() {
	addHandles()
	startThreads(threads, leave)
	go forget()
	<-ready
	truth.Fact("ended_threads", threads)
	truth.Fact("resurrected", resurrected)
	truth.Fact("named_by_a_word", chainLength)
	truth.Fact("garbage_bytes", (resurrected+chainLength)*linkBytes+resurrected*handleBytes)
	truth.BeforeReading = afterTheMark
	truth.Ready()
}
