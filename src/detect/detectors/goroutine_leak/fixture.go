// Goroutines that send a result which nobody takes any more, and the same with room for it.
//
// expects: proven
package goroutine_leak

import "time"

func ask(room int) {
	result := make(chan []byte, room)
	for i := 0; i < 2; i++ {
		go func() { result <- make([]byte, 64<<10) }()
	}
	<-result
}

func Fault() {
	for i := 0; i < 50; i++ {
		ask(0)
	}
	time.Sleep(50 * time.Millisecond)
}

func Twin() {
	for i := 0; i < 50; i++ {
		ask(1)
	}
	time.Sleep(50 * time.Millisecond)
}
