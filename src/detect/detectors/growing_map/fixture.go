// A cache of answers that nobody ever forgets, and one that forgets the oldest.
//
// expects: strong
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

// collect stands for a life of some length, after which each goes on.
func collect() {
	for i := 0; i < 25; i++ {
		runtime.GC()
	}
}

func Fault() {
	for i := 0; i < 30_000; i++ {
		answers[i] = &lasting{}
	}
	collect()
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
	collect()
	for i := 40_000; i < 41_000; i++ {
		ask(i)
	}
}
