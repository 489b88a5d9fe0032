// Handles are made for each call into C and not deleted, and the same with Delete.
//
// expects: strong
package cgo_handles

import "runtime/cgo"

type session struct {
	next *session
	text [1 << 10]byte
}

func call(deletes bool) {
	for i := 0; i < 5000; i++ {
		handle := cgo.NewHandle(&session{})
		if deletes || i%20 == 0 {
			handle.Delete()
		}
	}
}

func Fault() {
	call(false)
}

func Twin() {
	call(true)
}
