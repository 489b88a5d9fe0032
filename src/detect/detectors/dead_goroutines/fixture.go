// A hundred thousand goroutines at once, and as many one after the other.
//
// expects: possible
package dead_goroutines

import "sync"

const count = 100_000

func Fault() {
	var ended sync.WaitGroup
	start := make(chan bool)
	for i := 0; i < count; i++ {
		ended.Add(1)
		go func() {
			<-start
			ended.Done()
		}()
	}
	close(start)
	ended.Wait()
}

func Twin() {
	for i := 0; i < count; i++ {
		var ended sync.WaitGroup
		ended.Add(1)
		go ended.Done()
		ended.Wait()
	}
}
