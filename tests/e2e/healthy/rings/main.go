// rings keeps the last entries of each log in a ring with room for more than has been written so far, and buffers that
// were made large enough for what may come.
package main

import (
	"fmt"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type line struct {
	at   time.Time
	text string
}

type ring struct {
	mu    sync.Mutex
	lines []line
	next  int
	full  bool
}

func newRing(room int) *ring { return &ring{lines: make([]line, room)} }

func (r *ring) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines[r.next] = line{time.Now(), text}
	r.next = (r.next + 1) % len(r.lines)
	r.full = r.full || r.next == 0
}

type recorder struct {
	samples []float64 // with room for an hour
	frames  [][]byte
}

func main() {
	rings := map[string]*ring{}
	for i := 0; i < 40; i++ {
		rings[fmt.Sprint("log", i)] = newRing(8192)
	}
	recorders := make([]*recorder, 30)
	for i := range recorders {
		recorders[i] = &recorder{samples: make([]float64, 0, 36000), frames: make([][]byte, 0, 1024)}
	}
	go load.Forever(time.Millisecond, func(round int) {
		for name, r := range rings {
			r.add(fmt.Sprintf("%s: round %d is done", name, round))
		}
		one := recorders[round%len(recorders)]
		if len(one.samples) < cap(one.samples) {
			one.samples = append(one.samples, float64(round))
		}
		if len(one.frames) == 16 {
			for i := range one.frames {
				one.frames[i] = nil
			}
			one.frames = one.frames[:0]
		}
		one.frames = append(one.frames, make([]byte, 900))
	})
	load.Look()
}
