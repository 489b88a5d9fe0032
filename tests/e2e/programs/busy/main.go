// busy allocates and collects all the time and checks itself: every structure carries sums that must hold. It prints
// a beat ten times a second, and ends with exit code 1 at the first broken sum, or 0 when its input ends.
package main

import (
	"fmt"
	"hash/fnv"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

type message struct {
	from int
	text string
	sum  uint64
	next *message
}

type shard struct {
	sync.Mutex
	byKey map[string]*message
	bytes int
}

var (
	operations uint64
	shards     [8]shard
	stop       uint32
)

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "broken invariant: "+format+"\n", args...)
	os.Exit(1)
}

func checksum(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

func newMessage(r *rand.Rand, from int, next *message) *message {
	b := make([]byte, 8+r.Intn(200))
	for i := range b {
		b[i] = byte('a' + r.Intn(26))
	}
	text := string(b)
	return &message{from, text, checksum(text), next}
}

func check(m *message) {
	for depth := 0; m != nil; m = m.next {
		if m.sum != checksum(m.text) {
			fail("message of %d at depth %d: sum %x of %q", m.from, depth, m.sum, m.text)
		}
		depth++
	}
	atomic.AddUint64(&operations, 1)
}

// producer sends short chains, keeps some in a shared map, and replaces them: garbage of every age.
func producer(id int, to chan<- *message) {
	r := rand.New(rand.NewSource(int64(id)))
	for atomic.LoadUint32(&stop) == 0 {
		var m *message
		for n := r.Intn(6); n >= 0; n-- {
			m = newMessage(r, id, m)
		}
		s := &shards[r.Intn(len(shards))]
		key := fmt.Sprint("key ", r.Intn(2000))
		s.Lock()
		old := s.byKey[key]
		if old != nil {
			s.bytes -= len(old.text)
		}
		s.byKey[key] = m
		s.bytes += len(m.text)
		s.Unlock()
		check(old)
		to <- m
	}
}

func consumer(from <-chan *message) {
	for m := range from {
		check(m)
	}
}

// auditor counts each shard anew.
func auditor() {
	for atomic.LoadUint32(&stop) == 0 {
		for i := range shards {
			s := &shards[i]
			s.Lock()
			bytes := 0
			for _, m := range s.byKey {
				bytes += len(m.text)
				if m.sum != checksum(m.text) {
					fail("shard %d: sum %x of %q", i, m.sum, m.text)
				}
			}
			if bytes != s.bytes {
				fail("shard %d: %d bytes counted, %d booked", i, bytes, s.bytes)
			}
			s.Unlock()
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// grower makes stacks grow and shrink, with pointers into them.
func grower(seed int64) {
	r := rand.New(rand.NewSource(seed))
	for atomic.LoadUint32(&stop) == 0 {
		depth := 1 + r.Intn(400)
		if got := descend(depth, &depth); got != depth*(depth+1)/2 {
			fail("stack of %d frames adds up to %d", depth, got)
		}
		done := make(chan int, 1)
		go func() { done <- descend(100, new(int)) }()
		if got := <-done; got != 5050 {
			fail("new stack adds up to %d", got)
		}
		atomic.AddUint64(&operations, 1)
	}
}

//go:noinline
func descend(n int, top *int) int {
	if n == 0 {
		return 0
	}
	mine := [4]int{n}
	return descend(n-1, &mine[1]) + mine[0] + *top - *top
}

// beat prints how far the work is, and the longest gap in a clock that should tick every millisecond.
func beat() {
	last, longest, lastLine := time.Now(), time.Duration(0), time.Now()
	for n := 0; ; {
		time.Sleep(time.Millisecond)
		now := time.Now()
		if gap := now.Sub(last); gap > longest {
			longest = gap
		}
		last = now
		if now.Sub(lastLine) >= 100*time.Millisecond {
			var stats debug.GCStats
			debug.ReadGCStats(&stats)
			fmt.Printf(`{"beat":%d,"operations":%d,"longest_gap_us":%d,"collections":%d}`+"\n",
				n, atomic.LoadUint64(&operations), longest.Microseconds(), stats.NumGC)
			n++
			longest, lastLine = 0, now
		}
	}
}

func main() {
	for i := range shards {
		shards[i].byKey = make(map[string]*message)
	}
	queue := make(chan *message, 64)
	var group sync.WaitGroup
	for i := 0; i < runtime.GOMAXPROCS(0)+1; i++ {
		i := i
		group.Add(1)
		go func() { producer(i, queue); group.Done() }()
		go consumer(queue)
	}
	go auditor()
	go grower(1)
	fmt.Printf(`{"ready":true,"pid":%d,"go_version":%q}`+"\n", os.Getpid(), runtime.Version())
	go beat()
	var b [1]byte
	os.Stdin.Read(b[:])
	atomic.StoreUint32(&stop, 1)
	group.Wait()
	fmt.Printf(`{"done":true,"operations":%d}`+"\n", atomic.LoadUint64(&operations))
}
