// deadlines has many requests in flight, each with a context with a deadline under one that lives as long as the server,
// and a call to a slow service that it waits for.
package main

import (
	"context"
	"math/rand"
	"time"

	"holdfast.test/healthy/load"
)

type key struct{}

type request struct {
	id   int
	body [8000]byte
}

// call answers after a while, whether or not somebody still waits.
func call(ctx context.Context, r *request) <-chan int {
	answer := make(chan int, 1)
	time.AfterFunc(time.Duration(500+rand.Intn(1000))*time.Millisecond, func() { answer <- r.id })
	return answer
}

func serve(base context.Context, id int) {
	r := &request{id: id}
	ctx, cancel := context.WithTimeout(context.WithValue(base, key{}, r), 5*time.Second)
	defer cancel()
	inner, cancelInner := context.WithCancel(ctx)
	defer cancelInner()
	select {
	case <-call(inner, r):
	case <-inner.Done():
	}
}

func main() {
	base, cancel := context.WithCancel(context.Background())
	defer cancel()
	go load.Forever(time.Millisecond, func(round int) {
		for i := 0; i < 2; i++ {
			go serve(base, round*2+i)
		}
	})
	load.Look()
}
