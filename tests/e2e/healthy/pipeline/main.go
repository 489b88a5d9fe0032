// pipeline has stages that wait for one another: the first ones are blocked in sending because the last is slow, as a
// bounded pipeline is meant to be.
package main

import (
	"bytes"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type block struct {
	n    int
	data []byte
}

func source(out chan<- *block) {
	for i := 0; ; i++ {
		out <- &block{i, bytes.Repeat([]byte{byte(i)}, 64<<10)}
	}
}

func stage(in <-chan *block, out chan<- *block, workers int, change func(*block)) {
	var running sync.WaitGroup
	running.Add(workers)
	for i := 0; i < workers; i++ {
		go func() {
			defer running.Done()
			for one := range in {
				change(one)
				out <- one
			}
		}()
	}
	go func() {
		running.Wait()
		close(out)
	}()
}

func main() {
	read, cleaned, packed := make(chan *block, 32), make(chan *block, 32), make(chan *block, 32)
	go source(read)
	stage(read, cleaned, 50, func(b *block) { b.data = bytes.ToUpper(b.data) })
	stage(cleaned, packed, 50, func(b *block) { b.data = append([]byte(nil), b.data[:len(b.data)/2]...) })
	written := 0
	go func() {
		for one := range packed {
			written += len(one.data)
			time.Sleep(10 * time.Millisecond)
		}
	}()
	load.Look()
}
