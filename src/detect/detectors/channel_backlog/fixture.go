// A channel full of elements whose receiver has ended, and one whose receiver takes what is sent.
//
// expects: possible
package channel_backlog

import "time"

type job struct {
	data [8 << 10]byte
}

var queue = make(chan *job, 1000)

func produce() {
	for i := 0; i < 900; i++ {
		queue <- &job{}
	}
}

func consume(most int) {
	for i := 0; i < most; i++ {
		<-queue
	}
}

func Fault() {
	go consume(10)
	produce()
	time.Sleep(50 * time.Millisecond)
}

func Twin() {
	go consume(1 << 30)
	produce()
	time.Sleep(50 * time.Millisecond)
}
