// Requests that nobody answers any more, which only the end of the program's context would end; and the same with a
// context of their own that is cancelled.
//
// expects: strong
package waits_for_context

import (
	"context"
	"sync"
	"time"
)

var (
	program context.Context
	stop    context.CancelFunc
)

func ask(ctx context.Context, answered bool) {
	answer := make(chan []byte)
	var started sync.WaitGroup
	started.Add(1)
	go func() {
		question := make([]byte, 32<<10)
		started.Done()
		select {
		case <-answer:
		case <-ctx.Done():
		}
		question[0] = 1
	}()
	started.Wait()
	if answered {
		answer <- nil
	}
	var ended sync.WaitGroup
	for i := 0; i < 10; i++ { // what else a request does
		ended.Add(1)
		go ended.Done()
	}
	ended.Wait()
}

func Fault() {
	program, stop = context.WithCancel(context.Background())
	for i := 0; i < 80; i++ {
		ask(program, i%2 == 0)
	}
	time.Sleep(50 * time.Millisecond)
}

func Twin() {
	program, stop = context.WithCancel(context.Background())
	for i := 0; i < 80; i++ {
		own, cancel := context.WithCancel(program)
		ask(own, i%2 == 0)
		cancel()
	}
	time.Sleep(50 * time.Millisecond)
}
