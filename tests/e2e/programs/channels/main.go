// channels has channels that goroutines wait for: a full one with senders behind it, an empty one, one that is closed
// and was not read to its end, some that a select waits for, and one of values without pointers. It says of each how
// full it is, how much fits, and how many wait to send and to receive.
package main

import (
	"fmt"
	"io"
	"time"

	"holdfast.test/programs/truth"
)

type job struct{ body [3000]byte }
type server struct {
	name string
	done chan struct{}
}

var (
	jobs    = make(chan *job, 512)
	results = make(chan *job, 16)
	closed  = make(chan *job, 100)
	stops   = make(chan *job)
	counts  = make(chan int, 8)
	main1   = &server{"main", make(chan struct{})}
)

//go:noinline
func submit() { jobs <- &job{} }

//go:noinline
func collect() { fmt.Fprintln(io.Discard, <-results) }

//go:noinline
func count(i int) { counts <- i }

//go:noinline
func serve(j *job) {
	select {
	case <-stops:
	case <-main1.done:
	case jobs <- j:
	}
}

func state(name string, length, capacity, senders, receivers int) {
	truth.Fact("channel "+name+" length", uint64(length))
	truth.Fact("channel "+name+" capacity", uint64(capacity))
	truth.Fact("channel "+name+" senders", uint64(senders))
	truth.Fact("channel "+name+" receivers", uint64(receivers))
}

func main() {
	for i := 0; i < cap(jobs); i++ {
		jobs <- &job{}
	}
	for i := 0; i < 88; i++ {
		go submit()
	}
	for i := 0; i < 5; i++ {
		go collect()
		go serve(&job{})
	}
	for i := 0; i < 20; i++ {
		go count(i)
	}
	for i := 0; i < 70; i++ {
		closed <- &job{}
	}
	close(closed)
	for len(counts) < cap(counts) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)

	state("main.jobs", len(jobs), cap(jobs), 88+5, 0)
	state("main.results", len(results), cap(results), 0, 5)
	state("main.counts", len(counts), cap(counts), 20-8, 0)
	state("main.closed", len(closed), cap(closed), 0, 0)
	for _, name := range []string{"jobs", "main1.done", "stops"} {
		truth.Fact("select main.serve main."+name, 5)
	}
	truth.OwnedIn("channel", "job", 512, 512*3072, "main.jobs", "main.submit", "main.serve")
	truth.OwnedIn("channel", "job", 70, 70*3072, "main.closed")
	truth.Ready()
	fmt.Fprintln(io.Discard, jobs, results, closed, stops, counts, main1)
}
