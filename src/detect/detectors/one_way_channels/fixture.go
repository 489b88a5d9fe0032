// Goroutines that wait for news of which a registry has the receiving end only, and the same where a publisher has the
// other end.
//
// expects: strong
package one_way_channels

import (
	"runtime"
	"time"
)

type subscription struct {
	name string
	news <-chan string
}

type publisher struct {
	name string
	news chan string
}

var (
	subscriptions []*subscription
	publishers    []*publisher
)

func listen(s *subscription) {
	buffer := make([]byte, 32<<10)
	<-s.news
	runtime.KeepAlive(&buffer)
}

func subscribe(published bool) {
	news := make(chan string)
	s := &subscription{"s", news}
	subscriptions = append(subscriptions, s)
	if published {
		publishers = append(publishers, &publisher{"p", news})
	}
	go listen(s)
}

func run(published bool) {
	for i := 0; i < 60; i++ {
		subscribe(published)
	}
	time.Sleep(50 * time.Millisecond)
}

func Fault() { run(false) }

func Twin() { run(true) }
