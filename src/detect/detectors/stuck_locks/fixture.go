// Goroutines that lock two accounts of a map in opposite order, and the same in one order.
//
// expects: strong
package stuck_locks

import (
	"runtime"
	"sync"
	"time"
)

type account struct {
	mu      sync.Mutex
	balance int
	history []byte
}

type bank struct{ accounts map[int]*account }

type country struct{ banks map[string]*bank }

var world = &country{banks: map[string]*bank{}}

// The second lock is asked for when all have the first.
func transfer(from, to *account, ready *sync.WaitGroup) {
	from.mu.Lock()
	ready.Done()
	ready.Wait()
	to.mu.Lock()
	from.balance--
	to.balance++
	to.mu.Unlock()
	from.mu.Unlock()
}

func transferInOrder(from, to *account, ready *sync.WaitGroup) {
	ready.Done()
	ready.Wait()
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	from.balance--
	to.balance++
}

func open() (*account, *account) {
	one := &bank{accounts: map[int]*account{}}
	for i := 0; i < 20; i++ {
		one.accounts[i] = &account{history: make([]byte, 10<<10)}
	}
	world.banks["one"] = one
	return one.accounts[3], one.accounts[5]
}

func wait() {
	time.Sleep(50 * time.Millisecond)
	runtime.GC() // from then on it is known that they wait
	time.Sleep(1500 * time.Millisecond)
}

func Fault() {
	a, b := open()
	var ready sync.WaitGroup
	ready.Add(2)
	go transfer(a, b, &ready)
	go transfer(b, a, &ready)
	wait()
}

func Twin() {
	a, b := open()
	var ready sync.WaitGroup
	ready.Add(2)
	go transferInOrder(a, b, &ready)
	go transferInOrder(a, b, &ready)
	wait()
}
