package main

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"holdfast.test/programs/truth"
)

type node struct {
	left, right *node
	key         int
	name        string
}

type record struct { // larger than a map keeps in its slots
	id    uint64
	owner *node
	pad   [160]byte
}

type shape interface{ area() float64 }
type view node // the same memory under another name: what an interface says of it beats what a field says
type square struct{ side float64 }
type circle struct {
	radius float64
	label  *string
}
type direct struct{ p *node } // pointer-shaped: lies in the interface word itself
type empty struct{}

func (s square) area() float64  { return s.side * s.side }
func (c *circle) area() float64 { return c.radius * c.radius * 3 }
func (d direct) area() float64  { return 0 }
func (empty) area() float64     { return 0 }

type pair[A, B any] struct {
	first  A
	second B
}
type tree[K comparable, V any] struct {
	left, right *tree[K, V]
	item        pair[K, V]
}

func (t *tree[K, V]) insert(k K, v V) *tree[K, V] {
	return &tree[K, V]{left: t, item: pair[K, V]{k, v}}
}

type kinds struct {
	byName    map[string]*node
	byNumber  map[int]int
	byPair    map[pair[string, int]]record
	byAny     map[any]any
	set       map[string]struct{}
	large     map[[200]byte]*node
	emptied   map[string]*node
	shrunk    map[uint64][]byte
	few       map[string]int
	never     map[string]int
	arrays    []*[20000]*node
	inUnsafe  unsafe.Pointer // an array of pointers that no type leads to
	interior  *string        // into the middle of a node
	pastMost  []*node        // the tail of a slice: interior pointer to a backing array
	beyond    []*node        // pointers between len and cap
	substring string         // 10 bytes of 1 MiB
	tiny      []*int8
	plain     [][]byte
	nested    [][][]string
	shapes    []shape
	anys      []any
	failures  []error
	functions []func() int
	methods   []func() float64
	generic   *tree[string, []int]
	generic2  *tree[int, *node]
	numbers   pair[*int64, map[string]int]
	channel   chan *node
	full      chan pair[string, *node]
	linked    *list.List
	ring      *node
	readers   []io.Reader
	builder   strings.Builder
	buffer    bytes.Buffer
	pool      sync.Pool
	shared    sync.Map
	value     atomic.Value
	pointer   atomic.Pointer[node]
	once      sync.Once
	timers    []*time.Timer
	tickers   []*time.Ticker
	contexts  []context.Context
	cancels   []context.CancelFunc
	zero      [4]*empty
	array     [3]*[7]*node
	complex_  *struct {
		c complex128
		s string
	}
	uintptrs []uintptr // addresses that must hold nothing
	viewed   []*node
	views    []any
}

var zooKinds *kinds
var staticNode = node{name: "static", left: &node{name: "from data"}}
var staticMap = map[string]int{"one": 1, "two": 2}
var poolGlobal = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func holdKinds() {
	k := new(kinds)
	zooKinds = k
	fillMaps(k)
	fillArrays(k)
	fillInterfaces(k)
	fillLibrary(k)
	truth.Fact("hidden_bytes", 163840+64) // inUnsafe
	truth.Fact("map_byName", uint64(len(k.byName)))
	truth.Fact("map_byNumber", uint64(len(k.byNumber)))
	truth.Fact("map_byPair", uint64(len(k.byPair)))
	truth.Fact("map_set", uint64(len(k.set)))
	truth.Fact("map_emptied", uint64(len(k.emptied)))
	truth.Fact("views", uint64(len(k.views)))
	truth.Fact("map_shrunk", uint64(len(k.shrunk)))
	truth.Hold("main.zooKinds", "", 0, 0)
}

func newNode(i int) *node { return &node{key: i, name: fmt.Sprint("node ", i)} }

func fillMaps(k *kinds) {
	k.byName = make(map[string]*node)
	k.byNumber = make(map[int]int)
	k.byPair = make(map[pair[string, int]]record)
	k.byAny = make(map[any]any)
	k.set = make(map[string]struct{})
	k.large = make(map[[200]byte]*node)
	k.emptied = make(map[string]*node)
	k.shrunk = make(map[uint64][]byte)
	k.few = map[string]int{"a": 1, "b": 2}
	for i := 0; i < 3000; i++ {
		name := fmt.Sprint("key ", i)
		k.byName[name] = newNode(i)
		k.byNumber[i] = i
		k.set[name] = struct{}{}
		k.emptied[name] = newNode(i)
		k.shrunk[uint64(i)] = make([]byte, 40)
	}
	for i := 0; i < 300; i++ {
		k.byPair[pair[string, int]{fmt.Sprint(i), i}] = record{id: uint64(i), owner: newNode(i)}
		k.byAny[i] = newNode(i)
		k.byAny[fmt.Sprint(i)] = square{float64(i)}
		k.byAny[pair[int, int]{i, i}] = nil
		k.large[[200]byte{byte(i), byte(i >> 8)}] = newNode(i)
	}
	for i := 0; i < 3000; i++ {
		delete(k.emptied, fmt.Sprint("key ", i))
		if i >= 20 {
			delete(k.shrunk, uint64(i))
		}
		if i%6 == 5 {
			delete(k.byNumber, i)
		}
	}
}

func fillArrays(k *kinds) {
	for i := 0; i < 3; i++ {
		a := new([20000]*node)
		for j := 0; j < len(a); j += 10 {
			a[j] = newNode(j)
		}
		k.arrays = append(k.arrays, a)
	}
	hidden := new([20000]*node)
	hidden[19999] = newNode(1)
	k.inUnsafe = unsafe.Pointer(hidden)
	k.interior = &newNode(7).name
	backing := make([]*node, 100)
	for i := range backing {
		backing[i] = newNode(i)
	}
	k.pastMost = backing[90:]
	beyond := make([]*node, 64)
	for i := range beyond {
		beyond[i] = newNode(i)
	}
	k.beyond = beyond[:4]
	k.substring = strings.Repeat("x", 1<<20)[5:15]
	for i := 0; i < 50; i++ {
		t := int8(i)
		k.tiny = append(k.tiny, &t)
		k.plain = append(k.plain, make([]byte, 1<<(i%16)))
	}
	k.nested = [][][]string{{{"a"}, {fmt.Sprint("b", 1)}}, nil, {{}}}
	for i := range k.array {
		k.array[i] = new([7]*node)
		k.array[i][6] = newNode(i)
	}
	for i := range k.zero {
		k.zero[i] = new(empty)
	}
	last := newNode(0)
	k.ring = last
	for i := 1; i < 100; i++ {
		k.ring = &node{left: k.ring, key: i}
	}
	last.left = k.ring
	k.uintptrs = append(k.uintptrs, uintptr(unsafe.Pointer(newNode(9))), uintptr(unsafe.Pointer(k)))
	k.complex_ = new(struct {
		c complex128
		s string
	})
}

func fillInterfaces(k *kinds) {
	label := fmt.Sprint("label ", 1)
	k.shapes = []shape{square{2}, &circle{1, &label}, direct{newNode(1)}, empty{}, &square{3}}
	k.anys = []any{1, 1000, "text", label, 3.5, newNode(2), *newNode(3), []int{1, 2}, map[string]int{"x": 1},
		make(chan int, 3), func() {}, [2]*node{newNode(4), nil}, [1]*node{newNode(5)}, struct{ p *node }{newNode(6)},
		empty{}, nil, true, uint8(7), complex(1, 2), &label, error(errors.New("boxed")), k}
	k.failures = []error{io.EOF, fmt.Errorf("wrapped: %w", io.ErrUnexpectedEOF), errors.New("own")}
	for i := 0; i < 20; i++ {
		i, n := i, newNode(i)
		counter := new(int)
		k.functions = append(k.functions, func() int { *counter += i + n.key; return *counter })
		k.methods = append(k.methods, k.shapes[i%len(k.shapes)].area)
	}
	for i := 0; i < 50; i++ {
		k.generic = k.generic.insert(fmt.Sprint(i), []int{i})
		k.generic2 = k.generic2.insert(i, newNode(i))
	}
	for i := 0; i < 5; i++ {
		k.viewed = append(k.viewed, newNode(i))
		k.views = append(k.views, (*view)(k.viewed[i]))
	}
	number := int64(5)
	k.numbers = pair[*int64, map[string]int]{&number, map[string]int{"n": 1}}
}

func fillLibrary(k *kinds) {
	k.channel = make(chan *node, 100)
	k.full = make(chan pair[string, *node], 8)
	for i := 0; i < 60; i++ {
		k.channel <- newNode(i)
		if i < 8 {
			k.full <- pair[string, *node]{fmt.Sprint(i), newNode(i)}
		}
	}
	for i := 0; i < 30; i++ { // leaves pointers that were received already out of the buffer
		<-k.channel
	}
	k.linked = list.New()
	k.pool.New = func() any { return new(record) }
	parent, cancel := context.WithCancel(context.Background())
	k.contexts, k.cancels = append(k.contexts, parent), append(k.cancels, cancel)
	for i := 0; i < 30; i++ {
		k.linked.PushBack(newNode(i))
		k.pool.Put(&record{id: uint64(i)})
		poolGlobal.Put(bytes.NewBuffer(make([]byte, 2000)))
		k.shared.Store(fmt.Sprint("shared ", i), newNode(i))
		k.timers = append(k.timers, time.NewTimer(time.Hour), time.AfterFunc(time.Hour, func() { keep(nil) }))
		k.tickers = append(k.tickers, time.NewTicker(time.Hour))
		child, cancel := context.WithCancel(context.WithValue(parent, direct{}, newNode(i)))
		late, cancelLate := context.WithTimeout(child, time.Hour)
		k.contexts = append(k.contexts, child, late)
		k.cancels = append(k.cancels, cancel, cancelLate)
	}
	for i := 0; i < 10; i++ {
		k.timers[i].Stop()
		k.shared.Load(fmt.Sprint("shared ", i))
		k.shared.Delete(fmt.Sprint("shared ", i+15))
	}
	k.readers = []io.Reader{strings.NewReader("abc"), bytes.NewReader(make([]byte, 100)), &k.buffer, io.LimitReader(&k.buffer, 5)}
	k.builder.WriteString(fmt.Sprint("built ", 1))
	k.buffer.Write(make([]byte, 5000))
	k.value.Store(newNode(1))
	k.pointer.Store(newNode(2))
	k.once.Do(func() {})
}
