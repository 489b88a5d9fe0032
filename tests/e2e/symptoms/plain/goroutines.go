package main

import (
	"context"
	"sync"

	"holdfast.test/symptoms/run"
)

// Goroutines grow.

const perRound = 50

var answers = make(chan int)

func growSenders() {
	run.Grow(perRound*8<<10, func(int) {
		for i := 0; i < perRound; i++ {
			go func() { answers <- 1 }()
		}
	})
}

func growContexts() {
	run.Grow(perRound*8<<10, func(int) {
		for i := 0; i < perRound; i++ {
			ctx, cancel := context.WithCancel(context.Background())
			cancels = append(cancels, cancel)
			go func() { <-ctx.Done() }()
		}
	})
}

var cancels []context.CancelFunc

var lock sync.Mutex

func growWaitersForLock() {
	lock.Lock()
	run.Grow(perRound*8<<10, func(int) {
		for i := 0; i < perRound; i++ {
			go func() { lock.Lock() }()
		}
	})
}
