// Goroutines that lock two package variables in opposite order, and the same in one order. No stack has a pointer to
// them, but for the one that a deferred call has.
//
// expects: strong
package stuck_locks_variables

import (
	"runtime"
	"sync"
	"time"
)

var (
	accounts sync.Mutex
	history  sync.RWMutex
	balance  int
	log      [][]byte
)

// The second lock is asked for when both have the first.
func deposit(ready *sync.WaitGroup) {
	accounts.Lock()
	ready.Done()
	ready.Wait()
	balance++
	history.Lock()
	log = append(log, make([]byte, 10<<10))
	history.Unlock()
	accounts.Unlock()
}

func audit(ready *sync.WaitGroup) int {
	history.RLock()
	defer history.RUnlock()
	ready.Done()
	ready.Wait()
	accounts.Lock()
	defer accounts.Unlock()
	return balance - len(log)
}

func auditInOrder(ready *sync.WaitGroup) int {
	ready.Done()
	ready.Wait()
	accounts.Lock()
	defer accounts.Unlock()
	history.RLock()
	defer history.RUnlock()
	return balance - len(log)
}

// It works on with one of them locked.
func work() {
	history.Lock()
	time.Sleep(time.Hour)
	history.Unlock()
}

func wait() {
	time.Sleep(50 * time.Millisecond)
	runtime.GC() // from then on it is known that they wait
	time.Sleep(1500 * time.Millisecond)
}

func Fault() {
	var ready sync.WaitGroup
	ready.Add(2)
	go deposit(&ready)
	go audit(&ready)
	wait()
}

func Twin() {
	go work()
	time.Sleep(10 * time.Millisecond)
	var ready sync.WaitGroup
	ready.Add(2)
	go deposit(&ready)
	go auditInOrder(&ready)
	wait()
}
