package main

import (
	"runtime"

	"holdfast.test/symptoms/run"
)

// What is free within spans that something still lives in cannot be given to others.

var kept [][]byte

// Allocates so many bytes in pieces, of which only every so many-th stays.
func leaveHoles(bytes, piece, every int) {
	all := make([][]byte, bytes/piece)
	for i := range all {
		all[i] = run.Buffer(piece)
	}
	for i := 0; i < len(all); i += every {
		kept = append(kept, all[i])
	}
}

func keepSurvivors() {
	leaveHoles(128*run.MiB, 512, 32)
	runtime.GC()
	runtime.GC()
}

// The holes of one class are of no use to the next.
func keepOfEachClass() {
	for _, piece := range []int{256, 384, 512, 768, 1024} {
		leaveHoles(24*run.MiB, piece, 16)
		runtime.GC()
	}
	runtime.GC()
}

// A span of this class has 10 pages and 4 slots.
func keepAmongLarge() {
	leaveHoles(160*run.MiB, 20480, 4)
	runtime.GC()
	runtime.GC()
}
