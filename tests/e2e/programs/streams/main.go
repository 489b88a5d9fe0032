// streams: goroutines that wait at the bottom of deep calls with large frames. Their memory is in stacks.
package main

import (
	"flag"
	"runtime"
	"sync/atomic"
	"time"

	"holdfast.test/programs/truth"
)

type frame struct {
	scratch [900]byte
	depth   int
}

type stream struct {
	id   int
	next chan []byte
}

var (
	streams []*stream
	waiting int32 // at the bottom of their calls
)

//go:noinline
func (s *stream) render(above *frame, depth int) int {
	var local frame
	local.depth = above.depth + 1
	local.scratch[depth%900] = byte(s.id)
	if depth == 0 {
		atomic.AddInt32(&waiting, 1)
		return len(<-s.next)
	}
	n := s.render(&local, depth-1)
	return n + int(local.scratch[depth%900])
}

func main() {
	count := flag.Int("streams", 500, "streams")
	depth := flag.Int("depth", 100, "calls of most of them; every tenth has four times as many")
	flag.Parse()
	for i := 0; i < *count; i++ {
		s := &stream{i, make(chan []byte)}
		streams = append(streams, s)
		d := *depth
		if i%10 == 0 {
			d *= 4
		}
		go s.render(&frame{}, d)
	}
	for atomic.LoadInt32(&waiting) < int32(*count) {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // the last ones are about to wait
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	truth.Fact("streams", uint64(*count-*count/10))
	truth.Fact("streams_depth", uint64(*depth+1)) // the calls of render
	truth.Fact("deep_streams", uint64(*count/10))
	truth.Fact("deep_streams_depth", uint64(*depth*4+1))
	truth.Fact("frame_at_least", 900)
	truth.Ready()
}
