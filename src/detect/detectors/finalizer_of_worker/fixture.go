// Caches whose goroutine sweeps them until their finalizer stops it, which never comes since the goroutine refers to
// them; and the same with an outer object for the users.
//
// expects: strong
package finalizer_of_worker

import (
	"runtime"
	"sync"
	"time"
)

type cache struct {
	entries map[int][]byte
	tick    *time.Ticker
	stop    chan struct{}
}

func (c *cache) sweep(started *sync.WaitGroup) {
	started.Done()
	for {
		select {
		case <-c.tick.C:
			c.entries[0] = nil
		case <-c.stop:
			return
		}
	}
}

func (c *cache) close() {
	c.tick.Stop()
	close(c.stop)
}

type outer struct{ *cache }

func make1() *cache {
	c := &cache{entries: map[int][]byte{1: make([]byte, 32<<10)}, tick: time.NewTicker(time.Hour), stop: make(chan struct{})}
	var started sync.WaitGroup
	started.Add(1)
	go c.sweep(&started)
	started.Wait()
	return c
}

func use(wrapped bool) {
	c := make1()
	if wrapped {
		o := &outer{c}
		runtime.SetFinalizer(o, func(o *outer) { o.close() })
	} else {
		runtime.SetFinalizer(c, (*cache).close)
	}
	var ended sync.WaitGroup
	for i := 0; i < 10; i++ { // what else goes on meanwhile
		ended.Add(1)
		go ended.Done()
	}
	ended.Wait()
}

func run(wrapped bool) {
	for i := 0; i < 60; i++ {
		use(wrapped)
	}
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(50 * time.Millisecond)
	}
}

func Fault() { run(false) }

func Twin() { run(true) }
