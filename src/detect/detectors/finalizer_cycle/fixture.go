// Objects with a finalizer that lie in a ring, so that the finalizer itself keeps them alive; and the same without the
// ring.
//
// expects: proven
package finalizer_cycle

import (
	"runtime"
	"time"
)

type handle struct {
	owner  *resource
	buffer [16 << 10]byte
}

type resource struct {
	handle *handle
	id     int
}

func open(id int, ring bool) {
	r := &resource{id: id, handle: &handle{}}
	if ring {
		r.handle.owner = r
	}
	runtime.SetFinalizer(r, func(r *resource) { r.id = 0 })
}

func openMany(ring bool) {
	for i := 0; i < 200; i++ {
		open(i, ring)
	}
}

func Fault() {
	openMany(true)
	collect()
}

func Twin() {
	openMany(false)
	collect()
}

func collect() {
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
}
