// A loop that defers and never ends, and one that defers in a function of its own.
//
// expects: strong
package defer_pile

import "time"

var (
	work   = make(chan []byte)
	closed int
)

func handle(body []byte) {
	defer func() { closed += len(body) }()
}

func loop() {
	for body := range work {
		body := body
		defer func() { closed += len(body) }()
	}
}

func loopOfCalls() {
	for body := range work {
		handle(body)
	}
}

func send() {
	for i := 0; i < 5000; i++ {
		work <- make([]byte, 1<<10)
	}
	time.Sleep(50 * time.Millisecond)
}

func Fault() {
	go loop()
	send()
}

func Twin() {
	go loopOfCalls()
	send()
}
