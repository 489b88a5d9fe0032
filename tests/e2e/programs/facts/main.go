// facts: what holdfast reads of maps, slices, strings, timers, locks and code, and the program itself knows.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"holdfast.test/programs/truth"
)

type record struct {
	id   uint64
	next *record
}

type grown struct{ id uint64 }
type dropped struct{ id uint64 }
type cleared struct{ id uint64 }
type generic struct{ id uint64 }

// What lies in these is stated; nobody else refers to it.
type views struct {
	Tail    []byte
	Word    string
	Numbers []int64
	Records []*record
}

var (
	emptied  = map[uint64]*record{} // filled, and then nearly emptied
	full     = map[uint64]*record{}
	numbers  = map[uint32]uint32{} // without pointers
	onlyGrow = map[uint64]grown{}
	dropping = map[uint64]*dropped{}
	clearing = map[uint64]*cleared{}
	cached   = cache[uint16, *generic]{entries: map[uint16]*generic{}}

	kept   *views
	window []byte
	title  string
)

type cache[K comparable, V any] struct{ entries map[K]V }

//go:noinline
func (c *cache[K, V]) drop(key K) { delete(c.entries, key) }

func main() {
	fillMaps()
	cut()
	startTimers()
	startLocks()
	truth.Ready()
	runtime.KeepAlive(kept)
}

func fillMaps() {
	const entries = 5000
	for i := uint64(0); i < entries; i++ {
		emptied[i] = &record{id: i}
		full[i] = &record{id: i}
		numbers[uint32(i)] = uint32(i)
		onlyGrow[i] = grown{i}
		dropping[i] = &dropped{i}
		clearing[i] = &cleared{i}
		cached.entries[uint16(i)] = &generic{i}
	}
	for i := uint64(10); i < entries; i++ {
		delete(emptied, i)
	}
	delete(dropping, 1)
	for k := range clearing { // compiled to one call
		delete(clearing, k)
	}
	cached.drop(1)
	stateMap("emptied", len(emptied), *(*unsafe.Pointer)(unsafe.Pointer(&emptied)))
	stateMap("full", len(full), *(*unsafe.Pointer)(unsafe.Pointer(&full)))
	stateMap("numbers", len(numbers), *(*unsafe.Pointer)(unsafe.Pointer(&numbers)))
	stateMap("clearing", len(clearing), *(*unsafe.Pointer)(unsafe.Pointer(&clearing)))
}

func stateMap(name string, entries int, header unsafe.Pointer) {
	truth.Fact("map "+name, uint64(uintptr(header)))
	truth.Fact("map "+name+" entries", uint64(entries))
	truth.Fact("map "+name+" slots", room(header))
}

// room reads the header by itself: that of buckets up to Go 1.23, and then that of tables.
func room(header unsafe.Pointer) uint64 {
	for _, old := range []string{"go1.19", "go1.20", "go1.21", "go1.22", "go1.23"} {
		if strings.HasPrefix(runtime.Version(), old) {
			return 8 << *(*uint8)(unsafe.Add(header, 9))
		}
	}
	directory, tables := *(*unsafe.Pointer)(unsafe.Add(header, 16)), *(*int)(unsafe.Add(header, 24))
	seen := map[unsafe.Pointer]bool{}
	var slots uint64
	for i := 0; i < tables; i++ {
		table := *(*unsafe.Pointer)(unsafe.Add(directory, 8*i))
		if !seen[table] {
			seen[table] = true
			slots += 8 * (*(*uint64)(unsafe.Add(table, 24)) + 1)
		}
	}
	return slots
}

func cut() {
	kept = &views{
		Tail:    make([]byte, 64<<10)[60<<10 : 61<<10],
		Word:    strings.Repeat("some words ", 1000)[500:510],
		Numbers: make([]int64, 10, 1000),
		Records: make([]*record, 300)[:7],
	}
	window = make([]byte, 10000)[100:200:300]
	title = strings.Repeat("title", 2000)[5:10]
	stateHeader("Tail", unsafe.Pointer(&kept.Tail), 1<<10, 4<<10)
	stateHeader("Word", unsafe.Pointer(&kept.Word), 10, 10)
	stateHeader("Numbers", unsafe.Pointer(&kept.Numbers), 80, 8000)
	stateHeader("Records", unsafe.Pointer(&kept.Records), 56, 2400)
	stateHeader("window", unsafe.Pointer(&window), 100, 200)
	stateHeader("title", unsafe.Pointer(&title), 5, 5)
}

// stateHeader says where a slice or string stands, where what it refers to begins, and its length and capacity in bytes.
func stateHeader(name string, at unsafe.Pointer, length, capacity uint64) {
	truth.Fact("header "+name, uint64(uintptr(at)))
	truth.Fact(fmt.Sprintf("header %s data", name), uint64(*(*uintptr)(at)))
	truth.Fact(fmt.Sprintf("header %s length", name), length)
	truth.Fact(fmt.Sprintf("header %s capacity", name), capacity)
}
