//go:build go1.24

package main

import (
	"iter"
	"runtime"
	"sync/atomic"
	"weak"
)

var (
	weakly []weak.Pointer[closer]
	stops  []func()
)

//go:noinline
func keepsWeakly(c *closer, r resource) {
	number := begin()
	r.wait()
	atomic.StoreUint32(&wentOn[number], 1)
	runtime.KeepAlive(c)
}

// newer adds what only later releases have.
func newer(from, has []resource) {
	switch random.Intn(3) {
	case 0: // a weak pointer to what a waiting goroutine has
		c := &closer{has: has}
		weakly = append(weakly, weak.Make(c))
		begun.Add(1)
		go keepsWeakly(c, from[random.Intn(len(from))])
	case 1:
		c := new(closer)
		runtime.AddCleanup(c, func(has []resource) { useAll(has) }, has)
		if random.Intn(2) == 0 {
			objects = append(objects, c)
		}
	case 2: // an iterator that stands still, and whose end is up to who has it, or to nobody
		begun.Add(1)
		next, stop := iter.Pull(iter.Seq[int](func(yield func(int) bool) {
			number := begin()
			yield(1)
			atomic.StoreUint32(&wentOn[number], 1)
			useAll(has)
		}))
		next()
		if random.Intn(2) == 0 {
			stops = append(stops, stop)
		}
	}
}

func useNewer() {
	for _, p := range weakly {
		if c := p.Value(); c != nil {
			useAll(c.has)
		}
	}
	for _, stop := range stops {
		stop()
	}
}
