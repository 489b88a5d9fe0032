// spinners: goroutines in loops without a call, which the runtime and we stop at any instruction: what they hold may
// be in a register only. The program is never idle, but it does not allocate either.
package main

import (
	"flag"
	"runtime"
	"sync/atomic"
	"time"

	"holdfast.test/programs/truth"
)

type node struct {
	next  *node
	value [7]uint64
}

var (
	stop    uint32
	started int32
	sink    uint64
)

func ring(n int) *node {
	first := &node{}
	last := first
	for i := 1; i < n; i++ {
		last.next = &node{value: [7]uint64{uint64(i)}}
		last = last.next
	}
	last.next = first
	return first
}

// spin walks its ring for ever; nothing but p leads to it.
//
//go:noinline
func spin(n int) {
	p := ring(n)
	atomic.AddInt32(&started, 1)
	sum := uint64(0)
	for atomic.LoadUint32(&stop) == 0 {
		sum += p.value[0]
		p.value[1] = sum
		p = p.next
	}
	atomic.AddUint64(&sink, sum)
}

func main() {
	count := flag.Int("spinners", 6, "goroutines")
	size := flag.Int("nodes", 20000, "nodes that each holds")
	procs := flag.Int("procs", 2, "of them at once on threads")
	flag.Parse()
	// A collection must not queue behind the spinners: each turn would cost it a preemption. Afterwards some spin on
	// threads and the others wait for one, preempted at any instruction.
	runtime.GOMAXPROCS(*count + 2)
	truth.BeforeReading = func() {
		runtime.GOMAXPROCS(*procs + 1)
		time.Sleep(100 * time.Millisecond)
	}
	for i := 0; i < *count; i++ {
		go spin(*size)
	}
	for atomic.LoadInt32(&started) < int32(*count) {
		time.Sleep(time.Millisecond)
	}
	objects := uint64(*count) * uint64(*size)
	truth.Hold("main.spin", "*main.node", objects, objects*64)
	truth.Fact("never_idle", 1)
	truth.Ready()
}
