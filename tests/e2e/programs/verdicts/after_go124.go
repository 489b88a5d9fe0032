//go:build go1.24

package main

import (
	"iter"
	"runtime"
	"weak"
)

type linked struct {
	channel chan int
	name    string
	body    [64]byte
}

var weakly weak.Pointer[linked]

//go:noinline
func waitsForWeak(l *linked) {
	state("channel of what a weak pointer leads to", false)
	<-l.channel
	runtime.KeepAlive(l)
}

//go:noinline
func waitsForLostWeak(l *linked) {
	state("channel of what a lost weak pointer leads to", true)
	<-l.channel
	runtime.KeepAlive(l)
}

//go:noinline
func waitsForCleanup(c chan int) {
	state("channel that a cleanup will close", false)
	<-c
}

//go:noinline
func counts(yield func(int) bool) {
	state("iterator that nobody goes on with", true)
	for i := 0; yield(i); i++ {
	}
}

//go:noinline
func countsOn(yield func(int) bool) {
	state("iterator that somebody has", false)
	for i := 0; yield(i); i++ {
	}
}

func pull() {
	next, _ := iter.Pull(iter.Seq[int](counts))
	next()
}

func leakNewer() {
	l := &linked{channel: make(chan int), name: "lost"}
	// A weak pointer is so small that it may share its slot, and whoever has the slot has both.
	fill := new([15]byte)
	weak.Make(l)
	kept = append(kept, fill, new([15]byte))
	go waitsForLostWeak(l)
	pull()
}

func waitForOthersNewer() {
	l := &linked{channel: make(chan int), name: "weak"}
	weakly = weak.Make(l)
	go waitsForWeak(l)
	c := make(chan int)
	watched := new(file)
	runtime.AddCleanup(watched, func(c chan int) { close(c) }, c)
	kept = append(kept, watched)
	go waitsForCleanup(c)
	next, stop := iter.Pull(iter.Seq[int](countsOn))
	next()
	kept = append(kept, next, stop)
}
