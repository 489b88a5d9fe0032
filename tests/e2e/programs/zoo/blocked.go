package main

import (
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"holdfast.test/programs/truth"
)

// payload is what each blocked goroutine keeps alive from its own stack.
type payload struct {
	next *payload
	body [120]byte
}

var (
	sendTo      = make(chan *payload)
	sendFull    = make(chan *payload, 2)
	receiveFrom = make(chan *payload)
	neverSent   = make(chan int)
	mutex       sync.Mutex
	readWrite   sync.RWMutex
	onlyRead    sync.RWMutex
	condLock    sync.Mutex
	cond        = sync.NewCond(&condLock)
	group       sync.WaitGroup
	listener    net.Listener
	sockets     []net.Conn
	blocked     int
)

func spawn(f func()) {
	blocked++
	go f()
}

func block() {
	spawn(func() { sendTo <- chain(3) })
	spawn(func() { sendFull <- chain(1); sendFull <- chain(2); sendFull <- chain(3) })
	spawn(func() { p := chain(2); keep(<-receiveFrom); keep(p) })
	spawn(func() { var none chan *payload; none <- chain(1) })
	spawn(func() { var none chan *payload; p := chain(1); keep(<-none); keep(p) })
	spawn(selectMany)
	spawn(func() { p := chain(1); defer keep(p); select {} })
	mutex.Lock()
	spawn(func() { p := chain(1); mutex.Lock(); keep(p) })
	readWrite.Lock()
	spawn(func() { p := chain(1); readWrite.RLock(); keep(p) })
	onlyRead.RLock()
	spawn(func() { p := chain(1); onlyRead.Lock(); keep(p) })
	spawn(func() { p := chain(1); condLock.Lock(); cond.Wait(); keep(p) })
	group.Add(1)
	spawn(func() { p := chain(1); group.Wait(); keep(p) })
	spawn(func() { p := chain(1); time.Sleep(24 * time.Hour); keep(p) })
	blockOnNetwork()
	spawn(func() { runtime.LockOSThread(); p := chain(1); <-neverSent; keep(p) })
	spawn(blockInSyscall)
	spawn(func() { descend(2100, chain(1)) })
	spawn(stackObjects)
	spawn(func() { deferInLoop(40) })
	spawn(func() { openCodedDefers(chain(1), true) })
	spawn(panicThenBlock)
	spawn(recoverThenBlock)
	spawn(func() { nested(chain(4)) })
	truth.Fact("blocked_goroutines", uint64(blocked))
	truth.Fact("deep_frames", 2100)
}

//go:noinline
func chain(n int) *payload {
	var p *payload
	for i := 0; i < n; i++ {
		p = &payload{next: p}
	}
	return p
}

//go:noinline
func keep(p *payload) {
	if p != nil {
		p.body[0]++
	}
}

func selectMany() {
	p := chain(2)
	select {
	case sendTo <- chain(1):
	case v := <-receiveFrom:
		keep(v)
	case <-neverSent:
	}
	keep(p)
}

func blockOnNetwork() {
	var err error
	if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		panic(err)
	}
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	server, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	sockets = []net.Conn{client, server}
	spawn(func() { p := chain(1); listener.Accept(); keep(p) })
	spawn(func() { p := chain(1); b := make([]byte, 100); server.Read(b); keep(p) })
}

// A read of a blocking pipe occupies a thread in the system call, past the network poller.
func blockInSyscall() {
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		panic(err)
	}
	p := chain(1)
	var b [8]byte
	syscall.Read(ends[0], b[:])
	keep(p)
	os.NewFile(uintptr(ends[1]), "pipe").Close()
}

//go:noinline
func descend(n int, p *payload) int {
	mine := &payload{next: p}
	if n == 0 {
		<-neverSent
	} else {
		n += descend(n-1, mine)
	}
	keep(mine)
	return n
}

// onStack holds pointers, and its address is taken without escaping: the compiler makes a stack object of it,
// which the collector scans only when something on the stack points at it.
type onStack struct {
	one, two *payload
	self     *onStack
}

//go:noinline
func use(o *onStack) {
	if o.self != nil {
		keep(o.self.one)
	}
	keep(o.two)
}

func stackObjects() {
	var a, dead onStack
	a.one, a.two = chain(2), chain(3)
	a.self = &a
	dead.one = chain(5)
	use(&dead)
	use(&a)
	<-neverSent
	use(&a)
}

func deferInLoop(n int) {
	for i := 0; i < n; i++ {
		p := chain(1)
		defer keep(p)
	}
	<-neverSent
}

func openCodedDefers(p *payload, second bool) {
	defer keep(p)
	if second {
		q := chain(2)
		defer func() { keep(q); keep(p) }()
	}
	<-neverSent
}

type trouble struct{ p *payload }

// The panic is not over while the deferred call blocks: its value hangs on the goroutine's panic list.
func panicThenBlock() {
	defer func() { recover() }()
	defer func() { p := chain(2); <-neverSent; keep(p) }()
	panic(&trouble{chain(2)})
}

func recoverThenBlock() {
	p := chain(1)
	func() {
		defer func() { recover() }()
		panic(&trouble{chain(1)})
	}()
	<-neverSent
	keep(p)
}

// nested blocks under several inlined and not inlined calls, closures and a method value.
func nested(p *payload) {
	outer := func(f func(*payload)) { inlined(f, p) }
	outer((&waiter{p}).wait)
}

func inlined(f func(*payload), p *payload) { f(p) }

type waiter struct{ p *payload }

//go:noinline
func (w *waiter) wait(p *payload) {
	<-neverSent
	keep(p)
	keep(w.p)
}

type finalized struct {
	p    *payload
	name string
}

var (
	inFinalizer    = make(chan struct{})
	stillFinalized *finalized
)

// blockFinalizers leaves the finalizer goroutine blocked in one finalizer with more in the queue behind it, and
// one object whose finalizer is set but which is still referred to.
func blockFinalizers() {
	stillFinalized = &finalized{chain(1), "held"}
	runtime.SetFinalizer(stillFinalized, func(f *finalized) { keep(f.p) })
	drop()
	runtime.GC()
	<-inFinalizer
	for i := 0; i < 3; i++ {
		dropQueued()
	}
	runtime.GC()
}

//go:noinline
func drop() {
	f := &finalized{chain(2), "blocks"}
	runtime.SetFinalizer(f, func(f *finalized) { close(inFinalizer); <-neverSent; keep(f.p) })
}

//go:noinline
func dropQueued() {
	f := &finalized{chain(3), "queued"}
	runtime.SetFinalizer(f, func(f *finalized) { keep(f.p) })
}

func settle() { time.Sleep(100 * time.Millisecond) }
