// rate_changed: much is allocated before the program lets its memory profile take more samples, so the samples that there
// are say nothing of how much a place allocated.
package main

import (
	"io"
	"runtime"
	"runtime/pprof"

	"holdfast.test/programs/truth"
)

const blocks = 20000

type block struct {
	next *block
	body [100]int
}

var head *block

func main() {
	for i := 0; i < blocks; i++ {
		head = &block{next: head}
	}
	runtime.MemProfileRate = 4096
	pprof.Lookup("heap").WriteTo(io.Discard, 0) // or the linker would switch the profiler off
	truth.Fact("rate_changes", 1)
	truth.Hold("main.head", "main.block", blocks, 0)
	truth.Ready()
}
