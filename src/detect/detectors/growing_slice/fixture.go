// Samples by value, which nobody ever drops, and a batch of them that is written out when it is full.
//
// expects: possible
// since: possible
//
// uncollected
package growing_slice

import "runtime"

type sample struct {
	at           int64
	value, spare [3]float64
}

const many = 100_000

type series struct{ samples []sample }

var whole, batch *series

//go:noinline
func (s *series) add() { s.samples = append(s.samples, sample{at: int64(len(s.samples))}) }

// grow appends until there is hardly any room, with a collection before the array is made larger for the last time.
func (s *series) grow(to int) {
	for len(s.samples) < to || len(s.samples) < cap(s.samples) {
		s.add()
	}
	runtime.GC()
	for first := true; first || len(s.samples) < cap(s.samples)-100; first = false {
		s.add()
	}
}

func Fault() {
	whole = new(series)
	for i := 1; i <= 4; i++ {
		whole.grow(i * many / 4)
	}
}

func FaultLater() {
	whole.grow(many * 3 / 2)
}

func Twin() {
	batch = new(series)
	for i := 0; i < 50; i++ {
		batch.samples = nil
		batch.grow(many)
	}
}

func TwinLater() {
	batch.samples = nil
	batch.grow(many)
}
