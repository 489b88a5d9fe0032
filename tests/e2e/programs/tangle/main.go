// tangle makes goroutines at random that wait for one another in random ways, and shows afterwards which of them could
// go on: when its input ends, everybody who can act does (timers fire, finalizers run, sleepers and readers go on, main
// uses what it has), and whoever goes on uses what it has in turn. Then it prints for each goroutine, by its number,
// whether it went on. Those that did not never will.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"holdfast.test/programs/truth"
)

const most = 4096

// untilTimers is when timers and sleeps end, unless the program is told to go on before: they cannot be told.
const untilTimers = 6 * time.Second

// A resource can be waited for, and whoever has it can end the wait.
type resource interface {
	wait()
	use()
}

type receiving struct {
	c    chan int
	once sync.Once
}

func (r *receiving) wait() { <-r.c }
func (r *receiving) use()  { r.once.Do(func() { close(r.c) }) }

type sending struct{ c chan int }

func (s *sending) wait() { s.c <- 1 }
func (s *sending) use() {
	for i := 0; i < 16; i++ {
		select {
		case <-s.c:
		default:
		}
	}
}

type locking struct {
	mu   sync.Mutex
	used int32
	body [96]byte
}

func (l *locking) wait() { l.mu.Lock(); l.mu.Unlock() }
func (l *locking) use() {
	if atomic.CompareAndSwapInt32(&l.used, 0, 1) {
		l.mu.Unlock()
	}
}

type readLocking struct {
	mu   sync.RWMutex
	used int32
	body [96]byte
}

func (l *readLocking) wait() { l.mu.RLock(); l.mu.RUnlock() }
func (l *readLocking) use() {
	if atomic.CompareAndSwapInt32(&l.used, 0, 1) {
		l.mu.Unlock()
	}
}

type grouping struct {
	group sync.WaitGroup
	used  int32
	body  [96]byte
}

func (g *grouping) wait() { g.group.Wait() }
func (g *grouping) use() {
	if atomic.CompareAndSwapInt32(&g.used, 0, 1) {
		g.group.Done()
	}
}

type conditional struct {
	cond *sync.Cond
	done bool
}

func (c *conditional) wait() {
	c.cond.L.Lock()
	for !c.done {
		c.cond.Wait()
	}
	c.cond.L.Unlock()
}
func (c *conditional) use() {
	c.cond.L.Lock()
	c.done = true
	c.cond.Broadcast()
	c.cond.L.Unlock()
}

type cancelling struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func (c *cancelling) wait() { <-c.ctx.Done() }
func (c *cancelling) use()  { c.cancel() }

// A box has others in it, behind a map.
type box struct{ in map[string]resource }

func (b *box) wait() { b.in["first"].wait() }
func (b *box) use() {
	for _, r := range b.in {
		r.use()
	}
}

// What goes on, and when, by the number of the goroutine in this program.
var (
	wentOn  [most]uint32
	goids   [most]uint64
	next    int32
	globals []resource
	objects []any
	pool    sync.Pool
	pipes   []*os.File
	begun   sync.WaitGroup
	random  *rand.Rand
)

func goid() uint64 {
	var text [64]byte
	number := bytes.Fields(text[:runtime.Stack(text[:], false)])[1]
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}

func begin() int {
	number := int(atomic.AddInt32(&next, 1)) - 1
	goids[number] = goid()
	begun.Done()
	return number
}

func useAll(all []resource) {
	for _, r := range all {
		r.use()
	}
}

//go:noinline
func waiter(r resource, has []resource) {
	number := begin()
	r.wait()
	atomic.StoreUint32(&wentOn[number], 1)
	useAll(has)
}

//go:noinline
func selecter(a, b *receiving, c *sending, has []resource) {
	number := begin()
	select {
	case <-a.c:
	case <-b.c:
	case c.c <- 1:
	}
	atomic.StoreUint32(&wentOn[number], 1)
	useAll(has)
}

// deferrer has what it has in a deferred call only, one of several in a loop, so that the record is on the heap.
//
//go:noinline
func deferrer(r resource, has []resource) {
	number := begin()
	for i := range has {
		defer has[i].use()
	}
	has = nil
	r.wait()
	atomic.StoreUint32(&wentOn[number], 1)
}

//go:noinline
func reader(r *os.File, has []resource) {
	number := begin()
	var b [1]byte
	r.Read(b[:])
	atomic.StoreUint32(&wentOn[number], 1)
	useAll(has)
}

//go:noinline
func sleeper(until time.Time, has []resource) {
	number := begin()
	time.Sleep(time.Until(until))
	atomic.StoreUint32(&wentOn[number], 1)
	useAll(has)
}

// closer has things that are used when nothing refers to it any more.
type closer struct {
	has  []resource
	body [96]byte
}

func newResource(depth int) resource {
	kind := random.Intn(9)
	switch {
	case kind == 0:
		return &sending{make(chan int)}
	case kind == 1:
		l := new(locking)
		l.mu.Lock()
		return l
	case kind == 2:
		l := new(readLocking)
		l.mu.Lock()
		return l
	case kind == 3:
		g := new(grouping)
		g.group.Add(1)
		return g
	case kind == 4:
		return &conditional{cond: sync.NewCond(new(sync.Mutex))}
	case kind == 5:
		ctx, cancel := context.WithCancel(context.Background())
		return &cancelling{ctx, cancel}
	case kind == 6 && depth < 3:
		b := &box{map[string]resource{"first": newResource(depth + 1)}}
		for i := random.Intn(3); i > 0; i-- {
			b.in[strconv.Itoa(i)] = newResource(depth + 1)
		}
		return b
	default:
		return &receiving{c: make(chan int)}
	}
}

func some(from []resource, atMost int) []resource {
	var out []resource
	for i := random.Intn(atMost + 1); i > 0; i-- {
		out = append(out, from[random.Intn(len(from))])
	}
	return out
}

func start(from []resource, until time.Time) {
	begun.Add(1)
	has := some(from, 3)
	switch random.Intn(12) {
	case 0:
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		pipes = append(pipes, w)
		go reader(r, has)
	case 1:
		go sleeper(until, has)
	case 2, 3:
		a, b := &receiving{c: make(chan int)}, &receiving{c: make(chan int)}
		c := &sending{make(chan int)}
		for _, r := range from {
			switch r := r.(type) {
			case *receiving:
				a, b = r, a
			case *sending:
				c = r
			}
		}
		go selecter(a, b, c, has)
	case 4:
		go deferrer(from[random.Intn(len(from))], has)
	default:
		go waiter(from[random.Intn(len(from))], has)
	}
}

// knot makes one tangle of goroutines. Who else has its resources is left to chance; what main is to have is returned.
func knot(until time.Time) []resource {
	var from []resource
	for i := 3 + random.Intn(12); i > 0; i-- {
		from = append(from, newResource(0))
	}
	for i := 4 + random.Intn(16); i > 0; i-- {
		start(from, until)
	}
	if random.Intn(3) == 0 {
		globals = append(globals, some(from, 1)...)
	}
	for i := random.Intn(3); i > 0; i-- {
		has := some(from, 2)
		switch random.Intn(6) {
		case 0:
			time.AfterFunc(time.Until(until), func() { useAll(has) })
		case 1:
			pool.Put(&has)
		case 2: // an object that is about to be dropped
			runtime.SetFinalizer(&closer{has: has}, func(c *closer) { useAll(c.has) })
		case 3: // one that is dropped when the program goes on
			c := &closer{has: has}
			runtime.SetFinalizer(c, func(c *closer) { useAll(c.has) })
			objects = append(objects, c)
		case 4: // one that a goroutine drops by going on
			c := &closer{has: has}
			runtime.SetFinalizer(c, func(c *closer) { useAll(c.has) })
			begun.Add(1)
			go waiter(from[random.Intn(len(from))], []resource{&box{map[string]resource{"closer": keeper{c}}}})
		case 5:
			newer(from, has)
		}
	}
	if random.Intn(6) == 0 {
		return some(from, 1)
	}
	return nil
}

// A keeper keeps a closer until it is used.
type keeper struct{ c *closer }

func (keeper) wait() {}
func (k keeper) use() {
	runtime.KeepAlive(k.c)
}

// goOn lets everybody act who can, and waits until nothing happens any more.
func goOn(own []resource, until time.Time) {
	useAll(own)
	useAll(globals)
	objects = nil
	for _, w := range pipes {
		w.Close()
	}
	for has, _ := pool.Get().(*[]resource); has != nil; has, _ = pool.Get().(*[]resource) {
		useAll(*has)
	}
	useNewer()
	time.Sleep(time.Until(until) + 300*time.Millisecond)
	for last := -1; last != count(); {
		last = count()
		for i := 0; i < 3; i++ {
			runtime.GC()
			useNewer()
			time.Sleep(60 * time.Millisecond)
		}
	}
}

func count() int {
	n := 0
	for i := range wentOn {
		n += int(atomic.LoadUint32(&wentOn[i]))
	}
	return n
}

// tellLeaked prints which goroutines the runtime itself takes for leaked, if it can tell. To find out it collects.
func tellLeaked() {
	if found := pprof.Lookup("goroutineleak"); found != nil {
		found.WriteTo(os.Stdout, 2)
	}
	fmt.Println("end of profile")
}

func main() {
	seed := flag.Int64("seed", 1, "which tangles")
	knots := flag.Int("knots", 10, "tangles that have nothing to do with one another")
	profile := flag.Bool("profile", false, "print the runtime's own profile of leaked goroutines when the input has ended")
	flag.Parse()
	debug.SetGCPercent(-1) // a collection would run finalizers and empty the pool
	random = rand.New(rand.NewSource(*seed))
	until := time.Now().Add(untilTimers)
	var own []resource
	truth.Fact("collector_off", 1)
	truth.BeforeReading = func() {
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		truth.Text("live_at_least", strconv.FormatUint(before.HeapAlloc, 10)) // tying knots leaves garbage
		for i := 0; i < *knots; i++ {
			own = append(own, knot(until)...)
		}
		begun.Wait()
		time.Sleep(100 * time.Millisecond)
	}
	truth.Ready()
	if *profile {
		tellLeaked()
	}
	goOn(own, until)
	var text strings.Builder
	for i := 0; i < int(next); i++ {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `"%d":%d`, goids[i], wentOn[i])
	}
	fmt.Printf("{%s}\n", text.String())
}
