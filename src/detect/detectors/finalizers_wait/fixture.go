// A finalizer that waits for somebody who never comes while others are due, and finalizers that end.
//
// expects: proven
package finalizers_wait

import (
	"runtime"
	"time"
)

type file struct {
	buffer [64 << 10]byte
	done   chan bool
}

func open(wait bool) {
	for i := 0; i < 40; i++ {
		f := &file{done: make(chan bool)}
		runtime.SetFinalizer(f, func(f *file) {
			if wait {
				<-f.done
			}
		})
	}
}

func Fault() {
	open(true)
	runtime.GC()
	time.Sleep(50 * time.Millisecond)
	runtime.GC()
}

func Twin() {
	open(false)
	runtime.GC()
	time.Sleep(50 * time.Millisecond)
	runtime.GC()
}
