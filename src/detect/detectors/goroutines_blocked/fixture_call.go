// Goroutines that wait for one call, as of singleflight, which waits for what nobody sends; and the same call, which
// somebody can still end.
//
// expects: possible
package goroutines_blocked_call

import (
	"runtime"
	"sync"
	"time"
)

type call struct {
	done  sync.WaitGroup
	value string
}

var (
	mu      sync.Mutex
	calls   = map[string]*call{}
	answers = make(chan string)
)

func do(key string, ask func() string) string {
	mu.Lock()
	if c, ok := calls[key]; ok {
		mu.Unlock()
		c.done.Wait()
		return c.value
	}
	c := new(call)
	c.done.Add(1)
	calls[key] = c
	mu.Unlock()
	c.value = ask()
	c.done.Done()
	return c.value
}

func request(ask func() string) {
	body := make([]byte, 64<<10)
	do("hot", ask)
	runtime.KeepAlive(&body)
}

func start(ask func() string) {
	for i := 0; i < 60; i++ {
		go request(ask)
	}
	time.Sleep(50 * time.Millisecond)
}

func Fault() {
	start(func() string { return <-make(chan string) })
}

func Twin() {
	start(func() string { return <-answers })
}
