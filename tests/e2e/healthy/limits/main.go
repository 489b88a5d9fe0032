// limits has a rate limiter for each client that was seen of late, a callback for each kind of event, and a loader that
// many wait for at once.
package main

import (
	"fmt"
	"math/rand"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type bucket struct {
	tokens float64
	last   time.Time
	recent [64]time.Time
}

type limiter struct {
	mu sync.Mutex
	of map[string]*bucket
}

func (l *limiter) allow(client string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.of[client]
	if b == nil {
		b = &bucket{tokens: 10}
		l.of[client] = b
	}
	b.tokens += time.Since(b.last).Seconds() * 5
	if b.tokens > 10 {
		b.tokens = 10
	}
	b.last = time.Now()
	b.tokens--
	return b.tokens >= 0
}

func (l *limiter) sweep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for client, b := range l.of {
		if time.Since(b.last) > 500*time.Millisecond {
			delete(l.of, client)
		}
	}
}

type loading struct {
	done  chan struct{}
	value []byte
}

type loader struct {
	mu     sync.Mutex
	flying map[string]*loading
}

func (l *loader) get(key string) []byte {
	l.mu.Lock()
	if one := l.flying[key]; one != nil {
		l.mu.Unlock()
		<-one.done
		return one.value
	}
	one := &loading{done: make(chan struct{})}
	l.flying[key] = one
	l.mu.Unlock()
	time.Sleep(300 * time.Millisecond)
	one.value = make([]byte, 10000)
	close(one.done)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.flying, key)
	return one.value
}

var handlers = map[string][]func(string){}

func main() {
	limits, pages := &limiter{of: map[string]*bucket{}}, &loader{flying: map[string]*loading{}}
	for i := 0; i < 200; i++ {
		seen := make([]byte, 8000)
		kind := fmt.Sprint("kind", i%20)
		handlers[kind] = append(handlers[kind], func(client string) { copy(seen, client) })
	}
	go load.Forever(time.Millisecond, func(round int) {
		for i := 0; i < 5; i++ {
			client := fmt.Sprintf("10.%d.%d.%d", rand.Intn(256), rand.Intn(256), rand.Intn(256))
			if limits.allow(client) {
				for _, handle := range handlers[fmt.Sprint("kind", round%20)] {
					handle(client)
				}
			}
		}
	})
	go load.Forever(100*time.Millisecond, func(int) { limits.sweep() })
	for i := 0; i < 200; i++ {
		i := i
		go load.Forever(time.Millisecond, func(round int) { pages.get(fmt.Sprint("page", i%4)) })
	}
	load.Look()
}
