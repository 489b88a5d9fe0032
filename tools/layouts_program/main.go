// A program that uses what holdfast looks for in other programs, so that its debug information describes all of it: the
// linker drops the types of what nobody uses. It need not run.
package main

import (
	"container/heap"
	"container/list"
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var newer []func() // what only newer releases have

type method struct{ n int }

func (m *method) Add(a int) int { return m.n + a }

func maps() {
	byName := map[string]*method{"a": {1}}
	byNumber := map[int][200]byte{}
	empty := map[interface{}]struct{}{}
	for i := range os.Args {
		byNumber[i] = [200]byte{}
		empty[i] = struct{}{}
		byName[fmt.Sprint(i)] = &method{i}
	}
	for name, value := range byName {
		delete(byName, name)
		fmt.Println(name, value, byNumber, empty)
	}
	m := reflect.MakeMap(reflect.MapOf(reflect.TypeOf(""), reflect.TypeOf(0)))
	for it := m.MapRange(); it.Next(); {
		fmt.Println(it.Key(), it.Value())
	}
}

func channels() {
	c, done := make(chan *method, 4), make(chan struct{})
	go func() {
		for m := range c {
			fmt.Println(m)
		}
		close(done)
	}()
	select {
	case c <- &method{}:
	case <-done:
	case <-time.After(time.Second):
	}
	reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)}})
}

func locks() {
	var (
		mutex  sync.Mutex
		shared sync.RWMutex
		group  sync.WaitGroup
		once   sync.Once
		all    sync.Map
		pool   = sync.Pool{New: func() interface{} { return new(method) }}
		cond   = sync.NewCond(&mutex)
		value  atomic.Value
		box    atomic.Pointer[method]
		number atomic.Int64
		flag   atomic.Bool
	)
	group.Add(1)
	go func() {
		defer group.Done()
		mutex.Lock()
		defer mutex.Unlock()
		cond.Wait()
		shared.RLock()
		defer shared.RUnlock()
		once.Do(func() { pool.Put(pool.Get()) })
	}()
	cond.Broadcast()
	shared.Lock()
	shared.Unlock()
	all.Store("a", 1)
	all.LoadOrStore("b", 2)
	all.Range(func(k, v interface{}) bool { all.Delete(k); return true })
	value.Store(1)
	box.Store(&method{})
	number.Add(1)
	flag.Store(mutex.TryLock())
	group.Wait()
}

func contexts() {
	base, cancel := context.WithCancel(context.Background())
	defer cancel()
	slow, stop := context.WithTimeout(context.WithValue(base, "key", 1), time.Second)
	defer stop()
	timer, ticker := time.NewTimer(time.Second), time.NewTicker(time.Second)
	time.AfterFunc(time.Second, func() { timer.Stop(); ticker.Reset(1) })
	<-slow.Done()
	fmt.Println(slow.Err(), context.TODO(), time.Now().In(time.Local))
	interrupts, release := signal.NotifyContext(base, os.Interrupt)
	defer release()
	<-interrupts.Done()
}

type byLength []string

func (b byLength) Len() int              { return len(b) }
func (b byLength) Less(i, j int) bool    { return len(b[i]) < len(b[j]) }
func (b byLength) Swap(i, j int)         { b[i], b[j] = b[j], b[i] }
func (b *byLength) Push(x interface{})   { *b = append(*b, x.(string)) }
func (b *byLength) Pop() (x interface{}) { x, *b = (*b)[0], (*b)[1:]; return x }

func collections() {
	l := list.New()
	l.PushBack(1)
	l.InsertBefore(2, l.Front())
	b := byLength{"a"}
	heap.Push(&b, "c")
	sort.Sort(b)
	fmt.Println(l, b, strings.NewReplacer("a", "b").Replace(strings.Repeat("a", len(b))))
}

func reflection() {
	m := &method{}
	v := reflect.ValueOf(m)
	call := v.MethodByName("Add").Interface().(func(int) int)
	made := reflect.MakeFunc(reflect.TypeOf(call), func(in []reflect.Value) []reflect.Value { return in })
	record := reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeOf(0)}})
	array := reflect.ArrayOf(40, reflect.TypeOf(m))
	slice := reflect.MakeSlice(reflect.SliceOf(record), 1, 1)
	channel := reflect.MakeChan(reflect.ChanOf(reflect.BothDir, array), 1)
	fmt.Println(call(1), made.Call([]reflect.Value{reflect.ValueOf(1)}), reflect.New(record), slice, channel,
		reflect.FuncOf([]reflect.Type{array}, nil, false), reflect.TypeOf((*error)(nil)).Elem().Method(0))
	for i := 0; i < v.Elem().NumField(); i++ {
		fmt.Println(v.Elem().Field(i), v.Elem().Type().Field(i), reflect.DeepEqual(m, i))
	}
}

func collector() {
	m := &method{}
	runtime.SetFinalizer(m, func(*method) {})
	runtime.KeepAlive(m)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(1 << 40)
	debug.SetMaxStack(1 << 20)
	debug.FreeOSMemory()
	debug.WriteHeapDump(0)
	samples := make([]metrics.Sample, 1)
	metrics.Read(samples)
	runtime.MemProfileRate = 1
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	for _, p := range pprof.Profiles() {
		p.WriteTo(os.Stderr, 1)
	}
	pprof.StartCPUProfile(os.Stderr)
	pprof.StopCPUProfile()
	trace.Start(os.Stderr)
	trace.Stop()
	runtime.LockOSThread()
	runtime.GOMAXPROCS(2)
	frames := runtime.CallersFrames(make([]uintptr, 1))
	frames.Next()
	fmt.Println(stats, string(debug.Stack()), runtime.NumGoroutine())
}

func files() {
	f, err := os.Open(os.Args[0])
	if err != nil {
		panic(err)
	}
	defer f.Close()
	entries, _ := f.ReadDir(1)
	listener, _ := net.Listen("tcp", "127.0.0.1:0")
	connection, _ := net.Dial("tcp", listener.Addr().String())
	connection.SetDeadline(time.Now())
	fmt.Println(entries, connection)
	for i := range entries {
		defer func() { fmt.Println(recover(), i) }()
	}
}

func main() {
	for _, part := range append(newer, maps, channels, locks, contexts, collections, reflection, collector, files) {
		part()
	}
}
