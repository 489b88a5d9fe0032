// profiled: a program with something in each of the runtime's profiles. It writes each of them into the folder that it is
// given, as protobuf (NAME.0), as text (NAME.1) and goroutines as a dump (goroutine.2); nothing happens between two forms
// of one profile. Then it serves them over HTTP, prints the address, and ends when its standard input does.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"
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
	list  *node
	kept  [][]byte
	pairs []*pair[string, int]
	never = make(chan struct{})
	lock  sync.Mutex
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

func allocate() {
	for i := 0; i < 20000; i++ {
		list = inlined(list)
	}
	for i := 0; i < 300; i++ {
		kept = append(kept, deep(i%50, 1000+i*10))
		pairs = append(pairs, makePair("key", i))
		deep(2, 3000)
	}
}

//go:noinline
func waitForNobody(started *sync.WaitGroup) {
	started.Done()
	<-never
}

func block() {
	var started sync.WaitGroup
	for i := 0; i < 5; i++ {
		started.Add(1)
		labels := pprof.Labels("worker", strconv.Itoa(i%2), "odd \"key\"\n", "välue, }")
		pprof.Do(context.Background(), labels, func(context.Context) { go waitForNobody(&started) })
	}
	started.Add(1)
	go func() {
		runtime.LockOSThread()
		waitForNobody(&started)
	}()
	started.Wait()
}

//go:noinline
func holdLock(done *sync.WaitGroup) {
	lock.Lock()
	time.Sleep(2 * time.Millisecond)
	lock.Unlock()
	done.Done()
}

func contend() {
	var done sync.WaitGroup
	for i := 0; i < 8; i++ {
		done.Add(1)
		go holdLock(&done)
	}
	done.Wait()
}

func write(folder, name string, form int) {
	file, err := os.Create(filepath.Join(folder, fmt.Sprintf("%s.%d", name, form)))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := pprof.Lookup(name).WriteTo(file, form); err != nil {
		panic(err)
	}
}

func writeAll(folder string) {
	profiles := []string{"heap", "allocs", "block", "mutex", "threadcreate", "goroutine"}
	// It collects, which would publish what writing the other profiles allocates: so it comes first.
	if pprof.Lookup("goroutineleak") != nil {
		profiles = append([]string{"goroutineleak"}, profiles...)
	}
	for _, name := range profiles {
		for form := 0; form < 2; form++ {
			write(folder, name, form)
		}
	}
	write(folder, "goroutine", 2)
}

func main() {
	runtime.MemProfileRate = 4096
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(3)
	allocate()
	block()
	contend()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	time.Sleep(50 * time.Millisecond)
	runtime.GC()
	runtime.GC()
	debug.SetGCPercent(-1)
	writeAll(os.Args[1])
	go http.Serve(listener, nil)
	fmt.Println(listener.Addr())
	io.Copy(io.Discard, os.Stdin)
}
