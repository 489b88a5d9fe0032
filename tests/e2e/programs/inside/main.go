// inside has goroutines, spans and slices whose insides it states: who waits at which end of a channel, what stacks
// refer to and share, what slices and strings cover of what they refer to, and objects that keep a span each.
package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"holdfast.test/programs/truth"
)

type payload struct{ body [64 << 10]byte }
type pairs struct{ body [128 << 10]byte }
type both struct{ body [256 << 10]byte }
type common struct{ body [512 << 10]byte }
type page struct{ body [2048]byte }
type guarded struct {
	name string
	mu   sync.Mutex
}
type record struct{ a, b, c, d int64 }
type cut struct{ window []byte }
type view struct {
	Name string
	Part []int64
}

var (
	quit   = make(chan bool)
	known  *common
	kept   []*page
	cuts   *cut
	views  []*view
	word   string
	rest   string
	byName = map[string][]byte{}
	some   []record
	one    *record
	lock   *guarded
	goids  [16]uint64
	named  int
)

// goid reads the number of this goroutine from its own stack dump.
func goid() uint64 {
	var text [64]byte
	number := bytes.Fields(text[:runtime.Stack(text[:], false)])[1]
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}

func address(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }

//go:noinline
func ask(requests chan *payload, p *payload, started chan bool) {
	started <- true
	requests <- p
	runtime.KeepAlive(p)
}

// hold knows the channel and waits for another one.
//
//go:noinline
func hold(requests chan *payload, started chan bool) {
	started <- true
	<-quit
	<-requests
}

//go:noinline
func pair(p *pairs, b *both, c *common, started chan bool) {
	started <- true
	<-quit
	runtime.KeepAlive(p)
	runtime.KeepAlive(b)
	runtime.KeepAlive(c)
}

//go:noinline
func single(b *both, started chan bool) {
	started <- true
	<-quit
	runtime.KeepAlive(b)
}

//go:noinline
func enter(g *guarded, started chan bool) {
	started <- true
	g.mu.Lock()
}

// start runs a goroutine, and notes its number.
func start(run func(started chan bool)) uint64 {
	started := make(chan bool)
	at := named
	named++
	go func() {
		goids[at] = goid()
		run(started)
	}()
	<-started
	return goids[at]
}

//go:noinline
func startGoroutines() {
	requests := make(chan *payload, 3)
	for i := 0; i < cap(requests); i++ {
		requests <- &payload{}
	}
	for i := 0; i < 4; i++ {
		p := &payload{}
		name := "ask " + strconv.Itoa(i)
		truth.Fact(name+" payload", address(unsafe.Pointer(p)))
		truth.Fact(name, start(func(started chan bool) { ask(requests, p, started) }))
	}
	truth.Fact("hold", start(func(started chan bool) { hold(requests, started) }))
	p, b := &pairs{}, &both{}
	known = &common{}
	for i := 0; i < 2; i++ {
		c := known
		truth.Fact("pair "+strconv.Itoa(i), start(func(started chan bool) { pair(p, b, c, started) }))
	}
	truth.Fact("single", start(func(started chan bool) { single(b, started) }))
	lock = &guarded{name: "lock"}
	lock.mu.Lock()
	for i := 0; i < 2; i++ {
		g := lock
		truth.Fact("enter "+strconv.Itoa(i), start(func(started chan bool) { enter(g, started) }))
	}
	truth.Fact("lock", address(unsafe.Pointer(lock)))
	truth.Fact("pairs", address(unsafe.Pointer(p)))
	truth.Fact("both", address(unsafe.Pointer(b)))
	truth.Fact("common", address(unsafe.Pointer(known)))
}

// covers states what `holdfast slices` must say of the object.
func covers(name string, p unsafe.Pointer, size, covered, spare, headers, others int) {
	truth.Fact("slice "+name, address(p))
	truth.Fact("slice "+name+" size", uint64(size))
	truth.Fact("slice "+name+" covered", uint64(covered))
	truth.Fact("slice "+name+" spare", uint64(spare))
	truth.Fact("slice "+name+" headers", uint64(headers))
	truth.Fact("slice "+name+" others", uint64(others))
}

//go:noinline
func makeSlices() {
	large := make([]byte, 16<<20)
	cuts = &cut{large[4096:5120:5120]}
	covers("large", unsafe.Pointer(&large[0]), 16<<20, 1024, 0, 1, 0)

	numbers := make([]int64, 8192)
	views = []*view{{"a", numbers[0:1000:1000]}, {"b", numbers[500:2000:4096]}, {"c", numbers[8000:8192]}}
	covers("numbers", unsafe.Pointer(&numbers[0]), 8192*8, (2000+192)*8, (4096-2000)*8, 3, 0)

	text := []byte(strings.Repeat("inside ", 1<<13))
	longText := string(text)
	word, rest = longText[10:20], longText[1000:3000]
	data := *(*unsafe.Pointer)(unsafe.Pointer(&longText))
	covers("text", data, (7<<13+8191)/8192*8192, 10+2000, 0, 2, 0)

	buffer := make([]byte, 8192)
	byName["one"] = buffer[:10]
	covers("buffer", unsafe.Pointer(&buffer[0]), 8192, 10, 8182, 1, 0)

	records := make([]record, 100)
	some, one = records[:2:2], &records[5]
	covers("records", unsafe.Pointer(&records[0]), 3200, 64, 0, 1, 1)
}

// Of eight pages, which fill two spans, one is kept.
//
//go:noinline
func keepPages() {
	for i := 0; i < 800; i++ {
		p := &page{}
		if i%8 == 0 {
			kept = append(kept, p)
		}
	}
	truth.Fact("kept", address(unsafe.Pointer(kept[50])))
}

// clear overwrites what is left on the stack.
//
//go:noinline
func clear(depth int) byte {
	var room [4096]byte
	if depth > 0 {
		return clear(depth-1) + room[depth]
	}
	return room[0]
}

// use reads the variables, as a program does that has them for something.
//
//go:noinline
func use() {
	fmt.Fprintln(io.Discard, cuts.window, word, rest, some, one, byName, len(kept), views[0].Name, lock.name)
}

func main() {
	startGoroutines()
	makeSlices()
	keepPages()
	startReaders()
	clear(4)
	time.Sleep(100 * time.Millisecond)
	truth.Ready()
	use()
}
