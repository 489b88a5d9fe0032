// worker_pool has workers that wait for work, most of them for as long as the program runs: each keeps a scratch buffer
// so that it need not be made anew.
package main

import (
	"crypto/sha256"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

const workers = 200

type job struct {
	payload []byte
	answer  chan [32]byte
}

type pool struct {
	jobs    chan job
	quit    chan struct{}
	running sync.WaitGroup
}

func (p *pool) work() {
	defer p.running.Done()
	scratch := make([]byte, 128<<10)
	for {
		select {
		case one := <-p.jobs:
			n := copy(scratch, one.payload)
			one.answer <- sha256.Sum256(scratch[:n])
		case <-p.quit:
			return
		}
	}
}

func (p *pool) do(payload []byte) [32]byte {
	answer := make(chan [32]byte, 1)
	p.jobs <- job{payload, answer}
	return <-answer
}

func main() {
	p := &pool{jobs: make(chan job), quit: make(chan struct{})}
	p.running.Add(workers)
	for i := 0; i < workers; i++ {
		go p.work()
	}
	go load.Forever(20*time.Millisecond, func(int) { p.do(make([]byte, 50000)) })
	load.Look()
	close(p.quit)
	p.running.Wait()
}
