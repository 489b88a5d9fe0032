// A cache that keeps its chunks outside of the heap, and one that has given them back.
//
// expects: possible
package off_heap

import "syscall"

const chunkBytes = 64 << 20

type cache struct {
	chunks [][]byte
}

var store = &cache{}

func (c *cache) grow() {
	chunk, err := syscall.Mmap(-1, 0, chunkBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for i := 0; i < chunkBytes; i += 4096 {
		chunk[i] = 1
	}
	c.chunks = append(c.chunks, chunk)
}

func Fault() {
	store.grow()
}

func Twin() {
	store.grow()
	for _, chunk := range store.chunks {
		syscall.Munmap(chunk)
	}
	store.chunks = nil
}
