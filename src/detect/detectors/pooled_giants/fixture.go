// Buffers that go back into a pool however large they have become, and a pool that takes small ones only.
//
// expects: possible
//
// uncollected
package pooled_giants

import "sync"

type buffer struct{ bytes []byte }

var pool = sync.Pool{New: func() any { return new(buffer) }}

func use(limit int) {
	var taken []*buffer
	for i := 0; i < 64; i++ {
		b := pool.Get().(*buffer)
		size := 2 << 10
		if i%8 == 0 {
			size = 2 << 20
		}
		if cap(b.bytes) < size {
			b.bytes = make([]byte, size)
		}
		taken = append(taken, b)
	}
	for _, b := range taken {
		if cap(b.bytes) <= limit {
			pool.Put(b)
		}
	}
}

func Fault() {
	use(1 << 30)
}

func Twin() {
	use(64 << 10)
}
