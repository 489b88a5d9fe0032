// made: a program whose memory profile the linker switches off, since nothing in it reads one. Types are made by one
// function, by two, by reflection, by generic code, or as the beginning of another one. It says of each function how
// many objects of which size it keeps, and what the machine code can say of them.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
)

type line struct {
	Objects int
	Bytes   int
	Word    string
}

var stated = map[string]line{}

var (
	singles  []*single
	inlines  []*inlined
	pairs    []*pair
	reflects []*reflected
	generics []*generic
	wrapped  []*first
	entries  map[string]*entry
	elements [][]element
	grown    []growing
	arrays   []*[16]cell
	moves    []*moved
	closures []func() int
	channels []chan message
	anything interface{}
)

type single struct{ body [11]*int }
type inlined struct{ body [12]*int }
type pair struct{ body [13]*int }
type reflected struct{ body [14]*int }
type generic struct{ body [15]*int }
type first struct{ body [5]*int }
type wrapper struct {
	first
	more *int
}
type entry struct{ body [17]*int }
type element struct{ body [5]*int }
type growing struct{ body [6]*int }
type cell struct{ body [7]*int }
type moved struct{ body [18]*int }
type message struct{ body [9]*int }

//go:noinline
func keepSingle(n int) {
	for i := 0; i < n; i++ {
		singles = append(singles, &single{})
	}
	stated["main.keepSingle"] = line{n, n * 96, "exact"}
}

// It is inlined at two places, and remains one line.
func newInlined() *inlined { return &inlined{} }

//go:noinline
func keepInlined(n int) {
	for i := 0; i < n; i += 2 {
		inlines = append(inlines, newInlined())
		inlines = append(inlines, newInlined())
	}
	stated["main.newInlined"] = line{n, n * 96, "exact"}
}

//go:noinline
func keepPair(n int) {
	for i := 0; i < n; i++ {
		pairs = append(pairs, &pair{})
	}
	for i := 0; i < n; i++ {
		pairs = append(pairs, new(pair))
	}
	stated["main.keepPair"] = line{2 * n, 2 * n * 112, "one of several"}
}

//go:noinline
func keepReflected(n int) {
	for i := 0; i < n; i++ {
		reflects = append(reflects, &reflected{})
		reflects = append(reflects, reflect.New(reflect.TypeOf((*reflected)(nil)).Elem()).Interface().(*reflected))
	}
	stated["main.keepReflected"] = line{2 * n, 2 * n * 112, "at most"}
}

//go:noinline
func make1[T any]() *T { return new(T) }

//go:noinline
func keepGeneric(n int) {
	for i := 0; i < n; i++ {
		generics = append(generics, &generic{})
		generics = append(generics, make1[generic]())
	}
	stated["main.keepGeneric"] = line{2 * n, 2 * n * 128, "at most"}
}

// Both take 48 bytes, and a pointer to the first field is one to the wrapper.
//
//go:noinline
func keepFirst(n int) {
	for i := 0; i < n; i++ {
		wrapped = append(wrapped, &first{})
	}
	stated["main.keepFirst"] = line{2 * n, 2 * n * 48, "at most"}
}

//go:noinline
func keepWrapped(n int) {
	for i := 0; i < n; i++ {
		wrapped = append(wrapped, &(&wrapper{}).first)
	}
}

//go:noinline
func keepEntries(n int) {
	entries = make(map[string]*entry)
	for i := 0; i < n; i++ {
		entries[fmt.Sprint(i)] = &entry{}
	}
}

//go:noinline
func keepElements(n int) {
	for i := 0; i < n; i++ {
		elements = append(elements, make([]element, 20))
	}
	stated["main.keepElements"] = line{n, n * 896, "exact"}
}

//go:noinline
func keepGrown() {
	for i := 0; i < 100; i++ {
		grown = append(grown, growing{})
	}
	stated["main.keepGrown"] = line{1, 0, "exact"}
}

//go:noinline
func keepArrays(n int) {
	for i := 0; i < n; i++ {
		arrays = append(arrays, new([16]cell))
	}
	stated["main.keepArrays"] = line{n, n * 896, "exact"}
}

//go:noinline
func keepMoved(n int) {
	for i := 0; i < n; i++ {
		var one moved
		moves = append(moves, &one)
	}
	stated["main.keepMoved"] = line{n, n * 144, "exact"}
}

//go:noinline
func keepClosures(n int) {
	for i := 0; i < n; i++ {
		closures = append(closures, func() int { return i + n })
	}
	stated["main.keepClosures.func1"] = line{n, n * 24, "exact"}
}

//go:noinline
func keepChannels(n int) {
	for i := 0; i < n; i++ {
		channels = append(channels, make(chan message, 4))
	}
}

func main() {
	debug.SetGCPercent(-1)
	keepSingle(3000)
	keepInlined(2000)
	keepPair(1000)
	keepReflected(1000)
	keepGeneric(1000)
	keepFirst(1000)
	keepWrapped(1000)
	keepEntries(1000)
	keepElements(500)
	keepGrown()
	keepArrays(300)
	keepMoved(1500)
	keepClosures(1000)
	keepChannels(200)
	// What was formatted is gone; what grows is kept by its last array alone.
	runtime.GC()
	runtime.GC()
	text, err := json.Marshal(stated)
	if err != nil {
		panic(err)
	}
	fmt.Printf("{\"pid\":%d,\"go_version\":%q,\"lines\":%s}\n", os.Getpid(), runtime.Version(), text)
	os.Stdin.Read(make([]byte, 1))
}
