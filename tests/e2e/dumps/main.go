// Prints what Go programs print of themselves when they end, or of all their goroutines: the first argument names the
// way. What is true of the goroutines is on standard output, as a line of JSON, before the dump.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

type inner struct{ a, b, c, d, field int }

type Failure struct{ code int }

type Text string

func (t Text) String() string { return "text of " + string(t) }

//go:noinline
func recurse(n int) int {
	if n == 0 {
		return 0
	}
	return recurse(n+1) + 1
}

//go:noinline
func touch(address uintptr) byte { return *(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&address))) }

func fault() {
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	address := uintptr(unsafe.Pointer(&page[0]))
	syscall.Munmap(page)
	fmt.Println(touch(address + 0x10))
}

func concurrentWrites() {
	m := map[int]int{}
	for w := 0; w < 8; w++ {
		go func() {
			for i := 0; ; i++ {
				m[i%100] = i
			}
		}()
	}
	select {}
}

var ends = map[string]func(){
	"panic":     func() { panic("one line") },
	"error":     func() { panic(errors.New("first line\nsecond line: [running]:\ngoroutine 7 [running]:")) },
	"value":     func() { panic(Failure{3}) },
	"stringer":  func() { panic(Text("x")) },
	"float":     func() { panic(1.5) },
	"goexit":    func() { defer func() { panic("in goexit") }(); runtime.Goexit() },
	"nil-panic": func() { panic(nil) },
	"nested": func() {
		defer func() { panic("third") }()
		defer func() { panic("second") }()
		panic("first")
	},
	"again": func() {
		defer func() { panic(recover()) }()
		panic("same value")
	},
	"recovered": func() {
		defer func() {
			first := recover()
			panic(fmt.Sprint("after ", first))
		}()
		panic("first")
	},
	"nil":      func() { var p *inner; fmt.Println(p.field) },
	"index":    func() { s := make([]int, len(os.Args)); fmt.Println(s[len(os.Args)+5]) },
	"map":      concurrentWrites,
	"deadlock": func() { c := make(chan int); go func() { select {} }(); <-c },
	"overflow": func() { debug.SetMaxStack(1 << 20); fmt.Println(recurse(1)) },
	"fault":    fault,
	"unlock":   func() { var m sync.Mutex; m.Unlock() },
	"memory":   func() { fmt.Println(len(make([]byte, 1<<45+len(os.Args)))) },
	"no-main":  func() { runtime.Goexit() },
	"wait":     func() { park(3); fmt.Println("ready"); time.Sleep(time.Hour) },
	"dump":     func() { park(3); tell("goroutine") },
	"leaks":    func() { leak(3); tell("goroutineleak") },
	"many":     many,
}

//go:noinline
func receive(c chan int) { <-c }

//go:noinline
func leak(n int) {
	for i := 0; i < n; i++ {
		go receive(make(chan int))
	}
	time.Sleep(20 * time.Millisecond)
}

var (
	never     = make(chan int)
	full      = make(chan int) // nobody is at the other end of either
	lock      sync.Mutex
	readWrite sync.RWMutex
	group     sync.WaitGroup
	condition = sync.NewCond(&sync.Mutex{})
	cases     map[string]func()
)

func accept() {
	if listener, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		listener.Accept()
	}
}

// One stack for each way to wait; how many goroutines of each is the caller's.
func park(n int) {
	lock.Lock()
	readWrite.Lock()
	group.Add(1)
	cases = map[string]func(){
		"chan receive": func() { <-never },
		"chan send":    func() { full <- 1 },
		"select": func() {
			select {
			case <-never:
			case full <- 1:
			}
		},
		"select (no cases)":       func() { select {} },
		"chan receive (nil chan)": func() { var c chan int; <-c },
		"sleep":                   func() { time.Sleep(time.Hour) },
		"mutex":                   func() { lock.Lock() },
		"rlock":                   func() { readWrite.RLock() },
		"group":                   func() { group.Wait() },
		"cond":                    func() { condition.L.Lock(); condition.Wait() },
		"IO wait":                 accept,
		"locked":                  func() { runtime.LockOSThread(); <-never },
		"labels": func() {
			labels := pprof.Labels("tenant", "acme", "query", "a: \"b\"}, ]: {x\nnext", "plain", "7")
			pprof.Do(context.Background(), labels, func(context.Context) { <-never })
		},
		"named": func() { (&worker[int]{}).run(func() { <-never }) },
	}
	for _, wait := range cases {
		for i := 0; i < n; i++ {
			go wait()
		}
	}
	time.Sleep(50 * time.Millisecond)
}

type worker[T any] struct{ done T }

//go:noinline
func (w *worker[T]) run(f func()) { f() }

func tell(profile string) {
	file := os.Stdout
	lookup := pprof.Lookup(profile)
	if lookup == nil {
		fmt.Println(`{}`)
		return
	}
	json.NewEncoder(file).Encode(map[string]int{"goroutines": runtime.NumGoroutine()})
	lookup.WriteTo(file, 2)
}

func many() {
	n, _ := strconv.Atoi(os.Args[2])
	for i := 0; i < n; i++ {
		switch i % 4 {
		case 0:
			go func() { <-never }()
		case 1:
			go func() { (&worker[int]{}).run(func() { full <- 1 }) }()
		case 2:
			go deep(i % 13)
		default:
			go func() { time.Sleep(time.Hour) }()
		}
	}
	time.Sleep(time.Second)
	json.NewEncoder(os.Stdout).Encode(map[string]int{"goroutines": runtime.NumGoroutine()})
	buffer := make([]byte, 1<<30)
	os.Stdout.Write(buffer[:runtime.Stack(buffer, true)])
}

//go:noinline
func deep(n int) {
	if n > 0 {
		deep(n - 1)
	}
	select {}
}

func main() {
	end := ends[os.Args[1]]
	if end == nil {
		fmt.Fprintln(os.Stderr, "no such way")
		os.Exit(3)
	}
	end()
}
