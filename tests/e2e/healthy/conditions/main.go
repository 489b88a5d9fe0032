// conditions has goroutines that wait for a condition, for a lock, and for their turn: a queue with a condition variable,
// a semaphore of tokens, and a table under a lock with many readers.
package main

import (
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type queue struct {
	mu    sync.Mutex
	some  *sync.Cond
	items [][]byte
}

func (q *queue) put(item []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, item)
	q.some.Signal()
}

func (q *queue) take() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 {
		q.some.Wait()
	}
	item := q.items[0]
	q.items[0] = nil
	q.items = q.items[1:]
	return item
}

func main() {
	q := &queue{}
	q.some = sync.NewCond(&q.mu)
	for i := 0; i < 100; i++ {
		go func() {
			own := make([]byte, 64<<10)
			for {
				copy(own, q.take())
			}
		}()
	}
	var table sync.RWMutex
	numbers := map[int]int{}
	tokens := make(chan struct{}, 4)
	for i := 0; i < 64; i++ {
		go load.Forever(time.Millisecond, func(round int) {
			tokens <- struct{}{}
			table.RLock()
			_ = numbers[round%1000]
			table.RUnlock()
			time.Sleep(2 * time.Millisecond)
			<-tokens
		})
	}
	go load.Forever(5*time.Millisecond, func(round int) {
		table.Lock()
		numbers[round%1000]++
		table.Unlock()
		q.put(make([]byte, 5000))
	})
	load.Look()
}
