// heap_profile: what the runtime's own memory profile says, as the program wrote it: objects of several sizes are made at
// several stacks, some of them inlined, generic, deep or recursive; a part is let go again. The profile is taken after a
// collection, and nothing collects any more until the end, so what is allocated later is not in it.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"

	"holdfast.test/programs/truth"
)

type node struct {
	next *node
	body [10]int
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

var (
	list   *node
	kept   [][]byte
	table  = map[int]*node{}
	pairs  []*pair[string, int]
	texts  []string
	parsed []any
)

func newNode(next *node) *node { return &node{next: next} }

func inlined(next *node) *node { return newNode(next) }

//go:noinline
func deep(levels, size int) []byte {
	if levels == 0 {
		return make([]byte, size)
	}
	return deep(levels-1, size)
}

//go:noinline
func makePair[K comparable, V any](key K, value V) *pair[K, V] { return &pair[K, V]{key, value} }

//go:noinline
func dropped(count int) (sum int) {
	for i := 0; i < count; i++ {
		block := make([]byte, 100+i%3000)
		sum += len(block)
		table[i%7] = &node{}
	}
	return sum
}

func allocate() {
	for i := 0; i < 20000; i++ {
		list = inlined(list)
	}
	for i := 0; i < 300; i++ {
		kept = append(kept, deep(i%50, 1000+i*10))
		pairs = append(pairs, makePair("key", i))
		table[i] = newNode(nil)
		texts = append(texts, strings.Repeat("x", i))
		var value any
		if json.Unmarshal([]byte(`{"a":[1,2,{"b":"c"}],"d":{}}`), &value) == nil {
			parsed = append(parsed, value)
		}
	}
	func() { kept = append(kept, make([]byte, 3<<20)) }()
	done := make(chan bool)
	go func() {
		kept = append(kept, deep(3, 200000))
		done <- true
	}()
	<-done
	dropped(20000)
}

func main() {
	runtime.MemProfileRate = 4096
	allocate()
	truth.Fact("collector_off", 1) // as soon as the figures have been taken
	truth.BeforeReading = func() {
		debug.SetGCPercent(-1)
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		truth.Text("live_at_least", strconv.FormatUint(before.HeapAlloc, 10)) // the profile leaves garbage beside it
		deep(100, 50000)                                                      // what the profile has not published yet
		var profile bytes.Buffer
		if err := pprof.Lookup("heap").WriteTo(&profile, 0); err != nil {
			panic(err)
		}
		truth.Text("heap_profile", base64.StdEncoding.EncodeToString(profile.Bytes()))
	}
	truth.Ready()
}
