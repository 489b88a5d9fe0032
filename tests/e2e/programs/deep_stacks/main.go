// deep_stacks: few goroutines of very many frames; each frame alone keeps one object alive.
package main

import (
	"flag"
	"time"

	"holdfast.test/programs/truth"
)

type local struct {
	depth int
	body  [120]byte
}

var never = make(chan int)

//go:noinline
func newLocal(depth int) *local { return &local{depth: depth} }

//go:noinline
func descend(depth int) int {
	mine := newLocal(depth)
	below := 0
	if depth > 0 {
		below = descend(depth - 1)
	} else {
		<-never
	}
	return below + touch(mine)
}

//go:noinline
func touch(l *local) int { l.body[0]++; return l.depth }

func main() {
	count := flag.Int("goroutines", 100, "goroutines")
	frames := flag.Int("frames", 2000, "frames of each")
	flag.Parse()
	for i := 0; i < *count; i++ {
		go descend(*frames - 1)
	}
	time.Sleep(300 * time.Millisecond)
	objects := uint64(*count) * uint64(*frames)
	truth.Hold("main.descend", "*main.local", objects, objects*128)
	truth.Fact("frames", uint64(*frames))
	truth.Ready()
}
