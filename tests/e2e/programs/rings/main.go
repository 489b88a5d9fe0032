// rings: cycles of pointers, of which some have finalizers and are never freed, some are held by a variable, and some have
// cleanups and are freed. It says how many there are of each.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
)

type finalized struct {
	next *finalized
	body [4096]byte
}

type kept struct {
	next *kept
	body [1024]byte
}

type cleaned struct {
	next *cleaned
	body [2048]byte
}

var (
	held  []*kept
	freed int
)

//go:noinline
func makeFinalized(n int) {
	for i := 0; i < n; i++ {
		a, b := &finalized{}, &finalized{}
		a.next, b.next = b, a
		runtime.SetFinalizer(a, func(*finalized) { freed++ })
	}
}

//go:noinline
func makeKept(n int) {
	for i := 0; i < n; i++ {
		a, b := &kept{}, &kept{}
		a.next, b.next = b, a
		held = append(held, a)
	}
}

func main() {
	makeFinalized(300)
	makeKept(200)
	cleanups := makeCleaned(100)
	for i := 0; i < 5; i++ {
		runtime.GC()
	}
	text, err := json.Marshal(map[string]int{"finalized": 300, "kept": 200, "cleanups": cleanups, "finalizers run": freed})
	if err != nil {
		panic(err)
	}
	fmt.Printf("{\"pid\":%d,\"go_version\":%q,\"rings\":%s}\n", os.Getpid(), runtime.Version(), text)
	os.Stdin.Read(make([]byte, 1))
}
