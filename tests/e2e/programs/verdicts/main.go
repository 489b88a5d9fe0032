// verdicts has a goroutine for each way to wait, and states of each whether anybody can ever wake it. Those that nobody
// can wake hold a buffer of 64 KiB each.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"sync"
	"syscall"
	"time"

	"holdfast.test/programs/truth"
)

type buffer struct{ body [64 << 10]byte }

// holder is too large to share its slot with others.
type holder struct {
	mu      sync.Mutex
	rw      sync.RWMutex
	group   sync.WaitGroup
	channel chan int
	name    string
	body    [64]byte
}

var (
	mu      sync.Mutex
	stated  = map[string]bool{} // by case: leaked
	numbers = map[string]uint64{}
	shared  = make(chan int)
	locked  sync.Mutex
	pool    sync.Pool
	kept    []any
)

//go:noinline
func newBuffer() *buffer { return new(buffer) }

func goid() uint64 {
	var text [64]byte
	number := bytes.Fields(text[:runtime.Stack(text[:], false)])[1]
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}

// state says what is true of the goroutine that calls it.
func state(name string, leaked bool) {
	mu.Lock()
	stated[name], numbers[name] = leaked, goid()
	mu.Unlock()
}

//go:noinline
func receives(c chan int, b *buffer) {
	state("receive", true)
	<-c
	b.body[0]++
}

//go:noinline
func sends(c chan int, b *buffer) {
	state("send", true)
	c <- 1
	b.body[0]++
}

//go:noinline
func sendsToFull(c chan int, b *buffer) {
	state("send to a full channel", true)
	c <- 1
	c <- 2
	b.body[0]++
}

//go:noinline
func selects(c, d chan int, b *buffer) {
	state("select", true)
	select {
	case <-c:
	case d <- 1:
	}
	b.body[0]++
}

//go:noinline
func selectsOfNil(c, d chan int) {
	state("select of nil channels", true)
	select {
	case <-c:
	case d <- 1:
	}
}

//go:noinline
func selectsNothing() {
	state("select without cases", true)
	select {}
}

//go:noinline
func receivesFromNil(c chan int) {
	state("nil channel", true)
	<-c
}

//go:noinline
func locks(h *holder, b *buffer) {
	state("mutex", true)
	h.mu.Lock()
	b.body[0]++
}

//go:noinline
func locksToRead(h *holder) {
	state("read lock", true)
	h.rw.RLock()
}

//go:noinline
func locksToWrite(h *holder) {
	state("write lock", true)
	h.rw.Lock()
}

//go:noinline
func waitsForGroup(h *holder) {
	state("wait group", true)
	h.group.Wait()
}

//go:noinline
func waitsForCondition(c *sync.Cond, b *buffer) {
	state("condition", true)
	c.L.Lock()
	c.Wait()
	b.body[0]++
}

// The last of a chain waits for ever, so that all do.
//
//go:noinline
func waitsInChain(name string, first, second chan int) {
	state(name, true)
	<-first
	second <- 1
}

//go:noinline
func defersInLoop(c chan int) {
	state("deferred call that has the channel", true)
	for i := 0; i < 3; i++ {
		defer func() { close(c) }()
	}
	var never chan int
	<-never
}

//go:noinline
func waitsForDeferred(c chan int) {
	state("receive from what a blocked deferred call would close", true)
	<-c
}

type letter struct {
	answer chan int
	to     chan *letter
}

//go:noinline
func sendsItself(c chan *letter) {
	state("send of what has the channel", true)
	c <- &letter{to: c}
}

type file struct {
	closed chan int
	buffer buffer
}

//go:noinline
func waitsForFile(f *file) {
	state("channel of an object with a finalizer", true)
	<-f.closed
	f.buffer.body[0]++
}

func withFinalizer() {
	f := &file{closed: make(chan int)}
	runtime.SetFinalizer(f, func(f *file) { close(f.closed) })
	go waitsForFile(f)
}

//go:noinline
func waitsForTimer(name string, leaked bool, t *time.Timer) {
	state(name, leaked)
	<-t.C
}

//go:noinline
func captures(c chan int) {
	state("closure that has the channel", true)
	closes := func() { close(c) }
	defer closes()
	<-c
	closes()
}

//go:noinline
func waitsForContext(name string, leaked bool, ctx context.Context) {
	state(name, leaked)
	<-ctx.Done()
}

// Those that somebody can wake.

//go:noinline
func receivesShared() {
	state("channel in a variable", false)
	<-shared
}

//go:noinline
func receivesFromMain(c chan int) {
	state("channel on the stack of main", false)
	<-c
}

//go:noinline
func locksVariable() {
	state("mutex in a variable", false)
	locked.Lock()
}

//go:noinline
func sleeps(c chan int) {
	state("sleeps", false)
	time.Sleep(time.Hour)
	c <- 1
}

//go:noinline
func waitsForSleeper(c chan int) {
	state("channel of one who sleeps", false)
	<-c
}

//go:noinline
func reads(r io.Reader, h *holder) {
	state("reads", false)
	var b [1]byte
	r.Read(b[:])
	h.group.Done()
}

//go:noinline
func waitsForReader(h *holder) {
	state("wait group of one who reads", false)
	h.group.Wait()
}

//go:noinline
func waitsForSignal(c chan os.Signal) {
	state("signal", false)
	<-c
}

//go:noinline
func waitsForTicker(t *time.Ticker) {
	state("ticker", false)
	for range t.C {
	}
}

//go:noinline
func waitsForFunction(c chan int) {
	state("function of a timer", false)
	<-c
}

//go:noinline
func waitsForPooled(given chan chan int) {
	state("channel in a pool", false)
	<-<-given
}

//go:noinline
func waitsForDropped(given chan chan int) {
	state("channel that a finalizer will close", false)
	<-<-given
}

// A collection would change these: it empties pools and runs finalizers. So they get their channels behind the last one.
func afterCollections(forPool, forFinalizer chan chan int) {
	pooled, dropped := make(chan int), make(chan int)
	forPool <- pooled
	pool.Put(pooled)
	forFinalizer <- dropped
	runtime.SetFinalizer(&file{}, func(*file) { close(dropped) })
	time.Sleep(50 * time.Millisecond)
}

//go:noinline
func waitsForHeld(c chan int) {
	state("channel that the finalizer of a held object has", false)
	<-c
}

func withHeld() {
	c := make(chan int)
	f := &file{}
	runtime.SetFinalizer(f, func(*file) { close(c) })
	kept = append(kept, f)
	go waitsForHeld(c)
}

func leak() {
	go receives(make(chan int), newBuffer())
	go sends(make(chan int), newBuffer())
	go sendsToFull(make(chan int, 1), newBuffer())
	go selects(make(chan int), make(chan int), newBuffer())
	go selectsOfNil(nil, nil)
	go selectsNothing()
	go receivesFromNil(nil)
	m, r, w, g := new(holder), new(holder), new(holder), new(holder)
	m.mu.Lock()
	go locks(m, newBuffer())
	r.rw.Lock()
	go locksToRead(r)
	w.rw.RLock()
	go locksToWrite(w)
	g.group.Add(1)
	go waitsForGroup(g)
	go waitsForCondition(sync.NewCond(new(sync.Mutex)), newBuffer())
	first, second := make(chan int), make(chan int)
	go waitsInChain("end of a chain", make(chan int), second)
	go waitsInChain("middle of a chain", second, first)
	go waitsInChain("begin of a chain", first, make(chan int))
	deferred := make(chan int)
	go defersInLoop(deferred)
	go waitsForDeferred(deferred)
	go sendsItself(make(chan *letter))
	withFinalizer()
	go captures(make(chan int))
	ctx, _ := context.WithCancel(context.Background())
	go waitsForContext("context that nobody can cancel", true, ctx)
	leakNewer()
}

func waitForOthers() {
	go receivesShared()
	locked.Lock()
	go locksVariable()
	c := make(chan int)
	go sleeps(c)
	go waitsForSleeper(c)
	h := new(holder)
	h.group.Add(1)
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	kept = append(kept, w)
	go reads(r, h)
	go waitsForReader(h)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	go waitsForSignal(signals)
	go waitsForTicker(time.NewTicker(time.Hour))
	called := make(chan int)
	time.AfterFunc(time.Hour, func() { close(called) })
	go waitsForFunction(called)
	go waitsForTimer("pending timer", false, time.NewTimer(time.Hour))
	ctx, _ := context.WithTimeout(context.Background(), time.Hour)
	go waitsForContext("context with a deadline", false, ctx)
	withHeld()
	waitForOthersNewer()
}

// stopped gives a goroutine a timer and stops it when it waits.
func stopped() {
	t := time.NewTimer(time.Hour)
	go waitsForTimer("stopped timer", true, t)
	time.Sleep(50 * time.Millisecond)
	t.Stop()
}

func tell() {
	mu.Lock()
	defer mu.Unlock()
	for name, leaked := range stated {
		fact := uint64(0)
		if leaked {
			fact = 1
		}
		truth.Fact("leaked: "+name, fact)
		truth.Fact("goid: "+name, numbers[name])
	}
}

// tellLeaked prints which goroutines the runtime itself takes for leaked, if it can tell. To find out it collects.
func tellLeaked() {
	if found := pprof.Lookup("goroutineleak"); found != nil {
		found.WriteTo(os.Stdout, 2)
	}
	fmt.Println("end of profile")
}

func main() {
	profile := flag.Bool("profile", false, "print the runtime's own profile of leaked goroutines when the input has ended")
	flag.Parse()
	debug.SetGCPercent(-1)
	leak()
	stopped()
	own := make(chan int)
	go receivesFromMain(own)
	waitForOthers()
	forPool, forFinalizer := make(chan chan int), make(chan chan int)
	go waitsForPooled(forPool)
	go waitsForDropped(forFinalizer)
	time.Sleep(100 * time.Millisecond)
	tell()
	truth.Fact("collector_off", 1)
	truth.BeforeReading = func() {
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		truth.Text("live_at_least", strconv.FormatUint(before.HeapAlloc, 10)) // a file is dropped after that
		afterCollections(forPool, forFinalizer)
	}
	truth.Ready()
	if *profile {
		tellLeaked()
	}
	close(own)
}
