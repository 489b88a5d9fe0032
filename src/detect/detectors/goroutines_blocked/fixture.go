// Goroutines that gather at one place, one with every request, and a pool of workers that was made in one go.
//
// expects: possible
package goroutines_blocked

import (
	"runtime"
	"sync"
	"time"
)

var subscribers struct {
	sync.Mutex
	news map[int]chan string
}

func subscribe(id int, started *sync.WaitGroup) {
	news := make(chan string)
	subscribers.Lock()
	subscribers.news[id] = news
	subscribers.Unlock()
	buffer := make([]byte, 64<<10)
	started.Done()
	<-news
	runtime.KeepAlive(&buffer)
}

func Fault() {
	subscribers.news = map[int]chan string{}
	for i := 0; i < 60; i++ {
		var started, ended sync.WaitGroup
		started.Add(1)
		go subscribe(i, &started)
		started.Wait()
		for k := 0; k < 20; k++ { // what else the program does meanwhile
			ended.Add(1)
			go ended.Done()
		}
		ended.Wait()
	}
	time.Sleep(50 * time.Millisecond)
}

func Twin() {
	subscribers.news = map[int]chan string{}
	var started, ended sync.WaitGroup
	for i := 0; i < 60; i++ {
		started.Add(1)
		go subscribe(i, &started)
	}
	started.Wait()
	for k := 0; k < 1200; k++ {
		ended.Add(1)
		go ended.Done()
		ended.Wait()
	}
	time.Sleep(50 * time.Millisecond)
}
