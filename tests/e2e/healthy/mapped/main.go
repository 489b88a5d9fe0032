// mapped keeps its cache outside of the Go heap, in memory that it maps itself, with an index on the heap.
package main

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"sync"
	"syscall"
	"time"

	"holdfast.test/healthy/load"
)

const chunk, chunks = 1 << 20, 24

type store struct {
	mu     sync.Mutex
	memory []byte
	at     int
	index  map[uint64]uint32
	order  []uint64
}

func newStore() *store {
	memory := load.Must(syscall.Mmap(-1, 0, chunk*chunks, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE))
	return &store{memory: memory, index: map[uint64]uint32{}}
}

func hash(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}

// set writes over the oldest entries once the memory is full.
func (s *store) set(key string, value []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at+4+len(value) > len(s.memory) {
		s.at = 0
		s.index = make(map[uint64]uint32, len(s.index))
	}
	binary.LittleEndian.PutUint32(s.memory[s.at:], uint32(len(value)))
	copy(s.memory[s.at+4:], value)
	s.index[hash(key)] = uint32(s.at)
	s.at += 4 + len(value)
}

var pages = newStore()

func main() {
	go load.Forever(time.Millisecond, func(round int) {
		for i := 0; i < 20; i++ {
			pages.set(fmt.Sprintf("key %d", round*20+i), make([]byte, 900))
		}
	})
	load.Look()
}
