package main

import (
	"fmt"
	"io"
	"unsafe"

	"holdfast.test/programs/truth"
)

var parked = make(chan bool)

type request struct {
	Path string
	Body []byte
}

// stands states a header that lives in a frame while the goroutine waits. Of a string the capacity is -1.
func stands(name string, p unsafe.Pointer, length, capacity int) {
	truth.Fact("frame "+name, address(p))
	truth.Fact("frame "+name+" len", uint64(length))
	if capacity >= 0 {
		truth.Fact("frame "+name+" cap", uint64(capacity))
	}
}

//go:noinline
func consume(values ...any) { fmt.Fprintln(io.Discard, values...) }

//go:noinline
func fill(r *request, path string, body []byte) { r.Path, r.Body = path, body }

// read has an argument, parts of it and a string that it needs after it has waited.
//
//go:noinline
func read(buffer []byte, started chan bool) {
	window := buffer[named : named+2000 : named+3000]
	tail := buffer[60*named:]
	text := string(buffer[:600])
	stands("buffer", unsafe.Pointer(&buffer[0]), len(buffer), cap(buffer))
	stands("window", unsafe.Pointer(&window[0]), len(window), cap(window))
	stands("tail", unsafe.Pointer(&tail[0]), len(tail), cap(tail))
	stands("text", *(*unsafe.Pointer)(unsafe.Pointer(&text)), len(text), -1)
	started <- true
	<-parked
	consume(buffer, window, tail, text)
}

// holdRequest has slices in a variable whose address it has passed on, and only the end of a large array.
//
//go:noinline
func holdRequest(started chan bool) {
	var r request
	large := make([]byte, 96<<10)
	fill(&r, string(large[:300]), large[4096:5096:6144])
	stands("r.Path", *(*unsafe.Pointer)(unsafe.Pointer(&r.Path)), len(r.Path), -1)
	stands("r.Body", unsafe.Pointer(&r.Body[0]), len(r.Body), cap(r.Body))
	truth.Fact("frame object", address(unsafe.Pointer(&large[0])))
	large = nil
	started <- true
	<-parked
	fill(&r, r.Path, r.Body)
	consume(r.Path, r.Body)
}

// startReaders makes goroutines whose frames have slices and strings.
//
//go:noinline
func startReaders() {
	truth.Fact("reader", start(func(started chan bool) { read(make([]byte, 64<<10, 80<<10), started) }))
	truth.Fact("requester", start(func(started chan bool) { holdRequest(started) }))
}
