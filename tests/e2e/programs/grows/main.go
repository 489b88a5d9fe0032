// grows changes its heap when it is told to, and knows what it has changed: which objects it let go, which it made since,
// which goroutines it started and ended. It collects only when it says so. On its standard input:
//
//	keep     allocates, and lets go, without a collection; prints a line
//	grow     drops a third of its records, collects once, and makes others: some of these come to lie where the dropped
//	         ones were; starts and ends goroutines; prints a line
//	again    the same with two collections, so that nothing tells a record that stayed from one in a used slot
//
// A line says what is true at that moment. Between lines it allocates nothing. The end of the input ends it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
	"unsafe"
)

const (
	records = 9000
	pages   = 60
	waiters = 40
)

// record and page are each a size class of their own in this program.
type record struct {
	next *record
	body [19]uint64
}

type page struct{ words [4000]uint64 }

type visitor struct {
	pages *page
	name  [29]uint64
}

type gate struct{ open chan struct{} }

var (
	kept    []*record // by number of its turn
	library []*page
	guests  *visitor
	gates   []*gate
)

// What has become of records since the last line.
type changes struct {
	records, freed, made, reused int // reused: of made, those that lie where a freed one was
	pages, pagesFreed, pagesMade int
	goroutines, ended, came      int
	collections                  int
}

//go:noinline
func newRecord(number int) *record {
	r := &record{}
	r.body[0] = uint64(number)
	return r
}

//go:noinline
func newPage() *page { return &page{} }

func waitAt(g *gate) { <-g.open }

func startWaiters(n int) {
	for i := 0; i < n; i++ {
		g := &gate{make(chan struct{})}
		gates = append(gates, g)
		go waitAt(g)
	}
}

func endWaiters(n int) {
	for _, g := range gates[len(gates)-n:] {
		close(g.open)
	}
	gates = gates[:len(gates)-n]
}

func collect(times int) {
	for i := 0; i < times; i++ {
		runtime.GC()
	}
}

// dropThird forgets every third record, and returns where they were.
func dropThird() map[uintptr]bool {
	places := make(map[uintptr]bool, len(kept)/3+1)
	rest := kept[:0]
	for i, r := range kept {
		if i%3 == 0 {
			places[uintptr(unsafe.Pointer(r))] = true
		} else {
			rest = append(rest, r)
		}
	}
	for i := len(rest); i < len(kept); i++ {
		kept[i] = nil
	}
	kept = rest
	return places
}

func makeRecords(n int, freed map[uintptr]bool) (reused int) {
	for i := 0; i < n; i++ {
		r := newRecord(i)
		if freed[uintptr(unsafe.Pointer(r))] {
			reused++
		}
		kept = append(kept, r)
	}
	return reused
}

func grow(collections int) changes {
	var c changes
	freed := dropThird()
	c.freed = len(freed)
	c.pagesFreed = len(library) / 4
	for i := 0; i < c.pagesFreed; i++ {
		library[i] = nil
	}
	library = append(library[:0], library[c.pagesFreed:]...)
	c.ended = len(gates) / 4
	endWaiters(c.ended)
	time.Sleep(50 * time.Millisecond) // they end
	collect(collections)
	c.collections = collections
	c.made = 2 * c.freed
	c.reused = makeRecords(c.made, freed)
	c.pagesMade = 2 * c.pagesFreed
	for i := 0; i < c.pagesMade; i++ {
		library = append(library, newPage())
	}
	c.came = 3 * c.ended
	startWaiters(c.came)
	time.Sleep(50 * time.Millisecond) // they wait
	return c
}

// keep only allocates: what it lets go stays where it is until the next collection.
func keep() changes {
	var c changes
	dropped := len(kept) / 10
	for i := len(kept) - dropped; i < len(kept); i++ {
		kept[i] = nil
	}
	kept = kept[:len(kept)-dropped]
	c.made = 500
	makeRecords(c.made, nil)
	return c
}

func say(c changes) {
	c.records, c.pages, c.goroutines = len(kept), len(library), len(gates)
	fmt.Printf(`{"ready":true,"pid":%d,"go_version":%q,"records":%d,"freed":%d,"made":%d,"reused":%d,"record_bytes":%d,`+
		`"pages":%d,"pages_freed":%d,"pages_made":%d,"page_bytes":%d,"goroutines":%d,"ended":%d,"came":%d,"collections":%d}`+"\n",
		os.Getpid(), runtime.Version(), c.records, c.freed, c.made, c.reused, unsafe.Sizeof(record{}),
		c.pages, c.pagesFreed, c.pagesMade, unsafe.Sizeof(page{}), c.goroutines, c.ended, c.came, c.collections)
}

func main() {
	debug.SetGCPercent(-1)
	kept = make([]*record, 0, 64*records)
	library = make([]*page, 0, 64*pages)
	gates = make([]*gate, 0, 64*waiters)
	for i := 0; i < records; i++ {
		kept = append(kept, newRecord(i))
	}
	for i := 0; i < pages; i++ {
		library = append(library, newPage())
	}
	guests = &visitor{pages: newPage()}
	startWaiters(waiters)
	time.Sleep(50 * time.Millisecond)
	collect(2)
	say(changes{})
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		switch words.Text() {
		case "keep":
			say(keep())
		case "grow":
			say(grow(1))
		case "again":
			say(grow(2))
		}
	}
}
