package main

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"holdfast.test/programs/truth"
)

// Goroutines wait for each of these. Two hold pointers beside the lock, the others lie in objects without.
type locked struct {
	next *locked
	mu   sync.Mutex
}

type shared struct {
	next *shared
	mu   sync.RWMutex
}

var (
	global  sync.Mutex
	own     *locked
	bare    *sync.Mutex
	read    *shared // by two, and a writer waits
	written *sync.RWMutex
	group   *sync.WaitGroup
)

func startLocks() {
	own, bare, read, written, group = new(locked), new(sync.Mutex), new(shared), new(sync.RWMutex), new(sync.WaitGroup)
	global.Lock()
	own.mu.Lock()
	bare.Lock()
	read.mu.RLock()
	read.mu.RLock()
	written.Lock()
	group.Add(3)
	var entered int32
	wait := func(f func()) {
		go func() {
			atomic.AddInt32(&entered, 1)
			f()
		}()
	}
	waits := []func(){global.Lock, own.mu.Lock, bare.Lock, bare.Lock, read.mu.Lock, written.RLock, written.Lock, group.Wait}
	for _, f := range waits {
		wait(f)
	}
	for atomic.LoadInt32(&entered) < int32(len(waits)) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	state := func(name string, lock unsafe.Pointer, locked, readers, missing uint64) {
		truth.Fact("lock "+name, uint64(uintptr(lock)))
		truth.Fact("lock "+name+" locked", locked)
		truth.Fact("lock "+name+" readers", readers)
		truth.Fact("lock "+name+" missing", missing)
	}
	state("global", unsafe.Pointer(&global), 1, 0, 0)
	state("own", unsafe.Pointer(&own.mu), 1, 0, 0)
	state("bare", unsafe.Pointer(bare), 1, 0, 0)
	state("read", unsafe.Pointer(&read.mu), 1, 2, 0)
	state("written", unsafe.Pointer(written), 1, 0, 0)
	state("group", unsafe.Pointer(group), 0, 0, 3)
}
