// Workers that tick on after their owner was dropped without a Close; and workers whose owners are closed, or whose
// owners are kept by one that ticks itself.
//
// expects: strong
package alive_by_timer

import (
	"sync"
	"time"
)

type cache struct {
	stop chan struct{}
}

func newCache(started *sync.WaitGroup) *cache {
	c := &cache{stop: make(chan struct{})}
	go sweep(c.stop, make([]byte, 32<<10), started)
	return c
}

func sweep(stop chan struct{}, entries []byte, started *sync.WaitGroup) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	started.Done()
	for {
		select {
		case <-tick.C:
			entries[0]++
		case <-stop:
			return
		}
	}
}

func use(closes bool) {
	c := begin()
	if closes {
		close(c.stop)
	}
}

func begin() *cache {
	var started, ended sync.WaitGroup
	started.Add(1)
	c := newCache(&started)
	started.Wait()
	for i := 0; i < 10; i++ { // what else goes on meanwhile
		ended.Add(1)
		go ended.Done()
	}
	ended.Wait()
	return c
}

// It ends one of them at each tick.
func end(caches []*cache) {
	tick := time.NewTicker(time.Hour)
	for range tick.C {
		close(caches[0].stop)
		caches = caches[1:]
	}
}

func Fault() {
	for i := 0; i < 60; i++ {
		use(false)
	}
	time.Sleep(50 * time.Millisecond)
}

func Twin() {
	for i := 0; i < 60; i++ {
		use(true)
	}
	var caches []*cache
	for i := 0; i < 60; i++ {
		caches = append(caches, begin())
	}
	go end(caches)
	time.Sleep(50 * time.Millisecond)
}
