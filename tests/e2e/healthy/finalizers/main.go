// finalizers uses files and objects with finalizers as they are meant: the owner closes what it uses, and the finalizer
// is for what was forgotten.
package main

import (
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"holdfast.test/healthy/load"
)

type handle struct {
	id   int
	data []byte
}

var closed atomic.Int64

func open(id int) *handle {
	h := &handle{id: id, data: make([]byte, 2000)}
	runtime.SetFinalizer(h, (*handle).close)
	return h
}

func (h *handle) close() {
	closed.Add(1)
	runtime.SetFinalizer(h, nil)
}

var kept [4000]*handle

func main() {
	for i := range kept {
		kept[i] = open(i)
	}
	files := make([]*os.File, 100)
	for i := range files {
		files[i] = load.Must(os.Open("/dev/null"))
	}
	go load.Forever(time.Millisecond, func(round int) {
		at := round % len(kept)
		if round%2 == 0 {
			kept[at].close()
		}
		kept[at] = open(round)
		f := load.Must(os.Open("/dev/null"))
		f.Close()
	})
	cleanups()
	load.Look()
	runtime.KeepAlive(files)
}
