// Goroutines of which one reads below a method that reads already, while a writer waits, and the same with one lock for
// both. Nothing but the goroutines has the lock.
//
// expects: proven
package stuck_locks_reads

import (
	"runtime"
	"sync"
	"time"
)

type registry struct {
	mu      sync.RWMutex
	numbers map[string]int
	history []byte
}

//go:noinline
func (r *registry) get(name string) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.numbers[name]
}

func (r *registry) sum(entered *sync.WaitGroup, locksAgain bool) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	entered.Done()
	time.Sleep(100 * time.Millisecond) // until the writer waits
	total := 0
	for name, number := range r.numbers {
		if locksAgain {
			number = r.get(name)
		}
		total += number
	}
	return total
}

func (r *registry) set(name string, number int) {
	r.mu.Lock()
	r.numbers[name] = number
	r.mu.Unlock()
}

func run(locksAgain bool) {
	r := &registry{numbers: map[string]int{"a": 1, "b": 2}, history: make([]byte, 100<<10)}
	var entered sync.WaitGroup
	entered.Add(1)
	go r.sum(&entered, locksAgain)
	entered.Wait()
	for i := 0; i < 10; i++ {
		go r.set("a", i)
	}
	time.Sleep(200 * time.Millisecond)
	runtime.GC() // from then on it is known that they wait
	time.Sleep(1500 * time.Millisecond)
}

func Fault() { run(true) }

func Twin() { run(false) }
