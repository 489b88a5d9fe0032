// A cache of answers that nobody ever forgets, and one that forgets the oldest.
//
// expects: possible
//
// uncollected
package growing_map

import "runtime"

type answer struct {
	text [600]byte
	next *answer
}

type lasting struct{ answer }

var (
	answers = map[int]*lasting{}
	recent  = map[int]*answer{}
)

func Fault() {
	for i := 0; i < 30_000; i++ {
		answers[i] = &lasting{}
	}
	runtime.GC() // what comes later is growth
	for i := 30_000; i < 31_000; i++ {
		answers[i] = &lasting{}
	}
}

func ask(i int) {
	recent[i] = &answer{}
	delete(recent, i-30_000)
}

func Twin() {
	for i := 0; i < 40_000; i++ {
		ask(i)
	}
	runtime.GC() // what comes later is growth
	for i := 40_000; i < 41_000; i++ {
		ask(i)
	}
}
