// owners has things that are easily told under a wrong name: a map whose values refer to each other, strings of two maps,
// jobs that a queue and their goroutines have, symbols that two fields of one value lead to, a table of pointers, pending
// timers, values of several types in one map, records that nothing but interfaces to their first field name, what a
// sync.Map, a list, a sync.Pool and channels contain, a field of a value without a name, and a context that goroutines
// know as the parent of their own. It says of each who has it, how much that is, and how many.
package main

import (
	"container/list"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"holdfast.test/programs/truth"
)

type item struct {
	name string
	prev *item
	body [200]byte
}

type job struct {
	buf  []byte
	done chan int
}

type symbol struct{ body [1000]byte }
type unit struct{ symbols []*symbol }
type watcher struct {
	name string
	unit *unit
	byID map[int]*symbol
}

type connection struct {
	id  int
	buf []byte
}

// A head is 48 bytes, a record 96: as large as two of them.
type head struct {
	size, used uintptr
	hash       uint64
	equal      *int
	mask       *byte
	name       int64
}

func (h *head) Size() uintptr { return h.size }

type sizer interface{ Size() uintptr }

type field struct {
	name *byte
	in   *head
	at   uintptr
}

type record struct {
	head
	owner  *byte
	fields []field
	more   [2]uint64
}

type order struct{ body [500]byte }
type user struct{ body [500]byte }

type session struct{ body [700]byte }
type event struct{ body [400]byte }
type buffer struct{ body [3000]byte }
type task struct{ body [600]byte }
type packet struct{ body [1300]byte }
type settings struct{ body [240000]byte }
type key int
type load struct{ body [700]byte }

// A variable of its own with several fields, and one that a pointer leads to.
type depot struct {
	mu    sync.Mutex
	name  string
	loads map[int]*load
	bays  [3]struct {
		number int
		queued []*load
	}
}

type slab struct {
	before *slab
	body   [450]byte
}
type parcel struct{ body [800]byte }

// A value among the variables that nothing but an interface leads to: also without symbols its type names its fields.
type annex struct {
	mu      sync.Mutex
	parcels map[int]*parcel
}

var (
	items           = map[string]*item{}
	byName, byLabel = map[string]int{}, map[string]int{}
	licence, banner *[600000]byte
	queue           []*job
	watched         *watcher
	table           [1024]*connection
	north                         = depot{loads: map[int]*load{}}
	south                         = &depot{loads: map[int]*load{}}
	east            any           = &annex{parcels: map[int]*parcel{}}
	late            map[int]*slab // a local variable until it is full: its type is in no instruction that uses the global
	last            *time.Timer
	mixed           = map[int]any{}
	known           = map[int]sizer{}
	tasks           = make(chan *task, 1600)
	packets         = make(chan packet, 500)
	base            context.Context
	sessions        sync.Map
	recent          = list.New()
	buffers         sync.Pool
	used            = make([]*buffer, 700)
)

//go:noinline
func work(j *job) { j.done <- len(j.buf); fmt.Fprintln(io.Discard, j) }

//go:noinline
func index(s string, i int) { byName[s], byLabel[s] = i, -i }

//go:noinline
func watch() *watcher { return &watcher{name: "w", unit: &unit{}, byID: map[int]*symbol{}} }

//go:noinline
func declare(i int) {
	r := &record{fields: make([]field, 20), owner: new(byte)}
	r.size = uintptr(i)
	known[i] = &r.head
}

//go:noinline
func serve(ctx context.Context, cancel func()) {
	defer cancel()
	<-ctx.Done()
	fmt.Fprintln(io.Discard, ctx.Err())
}

//go:noinline
func store(i int) {
	north.loads[i] = &load{}
	north.bays[1].queued = append(north.bays[1].queued, &load{})
	south.loads[i] = &load{}
	east.(*annex).parcels[i] = &parcel{}
}

//go:noinline
func configure() {
	base = context.Background()
	for i := 0; i < 3; i++ {
		base = context.WithValue(base, key(i), &settings{})
	}
}

//go:noinline
func fill() {
	slabs := map[int]*slab{}
	var last *slab
	for i := 0; i < 1400; i++ {
		s := &slab{}
		if i%3 == 0 {
			s.before = last
		}
		slabs[i], last = s, s
	}
	late = slabs
}

func main() {
	var prev *item
	for i := 0; i < 8000; i++ {
		it := &item{name: fmt.Sprint("item-", i)}
		if i%3 == 0 {
			it.prev = prev
		}
		items[it.name], prev = it, it
	}
	for i := 0; i < 10000; i++ {
		index(fmt.Sprintf("series-%0100d", i), i)
	}
	licence = new([600000]byte)
	banner = licence
	for i := 0; i < 100; i++ {
		j := &job{make([]byte, 16384), make(chan int)}
		queue = append(queue, j)
		go work(j)
	}
	watched = watch()
	for i := 0; i < 2000; i++ {
		s := &symbol{}
		watched.unit.symbols = append(watched.unit.symbols, s)
		watched.byID[i] = s
	}
	for i := range table {
		table[i] = &connection{i, make([]byte, 1000)}
	}
	for i := 0; i < 10000; i++ {
		last = time.AfterFunc(100*time.Hour, func() {}) // from Go 1.23 on, one with a channel is in no heap
	}
	for i := 0; i < 900; i++ {
		mixed[2*i], mixed[2*i+1] = &order{}, &user{}
	}
	for i := 0; i < 1500; i++ {
		declare(i)
	}
	for i := 0; i < 1300; i++ {
		tasks <- &task{}
	}
	packets <- packet{}
	configure()
	for i := 0; i < 900; i++ {
		store(i)
	}
	fill()
	for i := 0; i < 30; i++ {
		ctx, cancel := context.WithCancel(base)
		go serve(ctx, cancel)
	}
	for i := 0; i < 1100; i++ {
		sessions.Store(i, &session{})
	}
	for i := 0; i < 1200; i++ {
		recent.PushBack(&event{})
	}
	for i := range used {
		used[i] = &buffer{}
	}
	truth.BeforeReading = func() { // a collection would take them out of the pool
		for i := range used {
			if poolKeepsAll {
				buffers.Put(used[i])
				used[i] = nil
			}
		}
	}

	truth.Owned("item", 8000, 8000*224, "main.items")
	truth.Owned("", 10000, 10000*112, "main.byName", "main.byLabel")
	truth.Owned("600000", 1, 600000, "main.licence", "main.banner")
	truth.Owned("job", 100, 100*16384, "main.queue", "main.work")
	truth.Owned("symbol", 2000, 2000*1024, "main.watched")
	truth.Owned("connection", 1024, 1024*1024, "main.table")
	truth.Owned("pending timer", 9999, 9999*80, "the runtime")
	truth.Owned("order", 1800, 1800*512, "main.mixed")
	truth.Owned("record", 1500, 1500*(96+480+8), "main.known")
	truth.OwnedIn("channel", "task", 1300, 1300*640, "main.tasks")
	truth.OwnedIn("channel", "chan main.packet", 1, 500*1300, "main.packets")
	truth.Owned("settings", 3, 3*240000, "main.base")
	truth.Hold("main.north.loads", "*main.load", 900, 900*704)
	truth.Hold("main.north.bays[1].queued", "*main.load", 900, 900*704)
	truth.Hold("main.south.loads", "*main.load", 900, 900*704)
	truth.Hold(".parcels", "*main.parcel", 900, 900*896)
	truth.Owned("slab", 1400, 1400*480, "main.late")
	truth.OwnedIn("sync.Map", "session", 1100, 1100*704, "main.sessions")
	truth.OwnedIn("list.List", "event", 1200, 1200*(416+48), "main.recent")
	if poolKeepsAll {
		truth.OwnedIn("sync.Pool", "buffer", 700, 700*3072, "main.buffers")
	} else {
		truth.Owned("buffer", 700, 700*3072, "main.used")
	}
	truth.Ready()
	fmt.Fprintln(io.Discard, len(items), len(byName), len(byLabel), licence, banner, queue, watched, table, last, mixed, known, &sessions, recent, tasks, packets, base, &north, south, east, len(late))
}
