// Goroutines that wait with a large array in their frames, and the same with a small one.
//
// expects: possible
package large_stacks

import "sync"

var (
	release = make(chan struct{})
	sink    byte
)

//go:noinline
func large(started *sync.WaitGroup) {
	var buffer [100 << 10]byte
	fill(buffer[:])
	started.Done()
	<-release
	sink += buffer[len(buffer)-1]
}

//go:noinline
func small(started *sync.WaitGroup) {
	var buffer [1 << 10]byte
	fill(buffer[:])
	started.Done()
	<-release
	sink += buffer[len(buffer)-1]
}

//go:noinline
func fill(buffer []byte) {
	for i := range buffer {
		buffer[i] = byte(i)
	}
}

func start(wait func(*sync.WaitGroup)) {
	var started sync.WaitGroup
	for i := 0; i < 50; i++ {
		started.Add(1)
		go wait(&started)
	}
	started.Wait()
}

func Fault() { start(large) }

func Twin() { start(small) }
