// chat has rooms whose members come one after the other and stay: the goroutine of each waits for messages, and for the
// end of its connection, which is the end of its context.
package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type member struct {
	name  string
	inbox chan string
	leave context.CancelFunc
	seen  []string
}

type room struct {
	mu      sync.Mutex
	members map[string]*member
}

func (r *room) join(ctx context.Context, name string) {
	m := &member{name: name, inbox: make(chan string, 4), seen: make([]string, 0, 1000)}
	ctx, m.leave = context.WithCancel(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[name] = m
	go m.listen(ctx)
}

func (m *member) listen(ctx context.Context) {
	for {
		select {
		case text := <-m.inbox:
			if m.seen = append(m.seen, text); len(m.seen) == cap(m.seen) {
				m.seen = m.seen[:0]
			}
		case <-ctx.Done():
			return
		}
	}
}

func (r *room) say(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.members {
		select {
		case m.inbox <- text:
		default:
		}
	}
}

func (r *room) part(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.members[name]; m != nil {
		m.leave()
		delete(r.members, name)
	}
}

var rooms [20]room

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for i := range rooms {
		rooms[i].members = map[string]*member{}
	}
	go load.Forever(time.Millisecond, func(round int) {
		if round < 1000 {
			rooms[round%20].join(ctx, fmt.Sprint("member ", round))
		}
		if round%5 == 0 {
			rooms[round%20].part(fmt.Sprint("member ", round-300))
		}
		var asked sync.WaitGroup
		asked.Add(10)
		for i := 0; i < 10; i++ { // other requests come and go
			go asked.Done()
		}
		asked.Wait()
	})
	// The last rooms are quiet: nobody has said a word for hours.
	go load.Forever(5*time.Millisecond, func(round int) { rooms[round%15].say(fmt.Sprint("word ", round)) })
	load.Look()
}
