// A list of visits that nobody ever drops, and one that keeps the newest only.
//
// expects: possible
// since: strong
//
// uncollected
package only_grows

import (
	"container/list"
	"runtime"
)

type visit struct {
	text [600]byte
	next *visit
}

var visits, newest = list.New(), list.New()

func Fault() {
	for i := 0; i < 30_000; i++ {
		visits.PushBack(&visit{})
		if i%6_000 == 0 {
			runtime.GC()
		}
	}
	runtime.GC() // what comes later is growth
	for i := 0; i < 1_000; i++ {
		visits.PushBack(&visit{})
	}
}

func FaultLater() {
	for i := 0; i < 10_000; i++ {
		visits.PushBack(&visit{})
		if i%2_000 == 0 {
			runtime.GC()
		}
	}
	runtime.GC()
}

func keep(v *visit) {
	newest.PushBack(v)
	if newest.Len() > 10_000 {
		newest.Remove(newest.Front())
	}
}

func Twin() {
	for i := 0; i < 100_000; i++ {
		keep(&visit{})
	}
	runtime.GC()
	for i := 0; i < 1_000; i++ {
		keep(&visit{})
	}
}

func TwinLater() {
	for i := 0; i < 10_000; i++ {
		keep(&visit{})
		if i%2_000 == 0 {
			runtime.GC()
		}
	}
	runtime.GC()
}
