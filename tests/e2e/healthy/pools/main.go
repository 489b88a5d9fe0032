// pools takes buffers from pools and gives them back; one pool is in use, and one at rest since a burst at the start. A
// buffer that has grown too large is not given back.
package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

const largest = 64 << 10

var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	zippers = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}
	blocks  = sync.Pool{New: func() any { return new([4096]byte) }}
)

func render(n int) {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	for i := 0; i < n; i++ {
		b.WriteString("a line of the page\n")
	}
	z := zippers.Get().(*gzip.Writer)
	z.Reset(io.Discard)
	z.Write(b.Bytes())
	z.Close()
	zippers.Put(z)
	if b.Cap() <= largest {
		buffers.Put(b)
	}
}

func burst() {
	all := make([]any, 5000)
	for i := range all {
		all[i] = blocks.Get()
	}
	for _, b := range all {
		blocks.Put(b)
	}
}

func main() {
	burst()
	for i := 0; i < 8; i++ {
		go load.Forever(2*time.Millisecond, func(round int) { render(100 + round%2000) })
	}
	go load.Forever(100*time.Millisecond, func(int) { burst() })
	load.Look()
}
