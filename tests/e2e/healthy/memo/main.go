// memo remembers what it has computed for each of the things that it can be asked about, of which there are many, and
// all of which it has seen but for a few.
package main

import (
	"fmt"
	"math/rand"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

const articles = 40000

type page struct {
	title string
	parts [][]byte
}

var (
	mu     sync.RWMutex
	pages  = map[int]*page{}
	recent [200][]byte
)

func of(article int) *page {
	mu.RLock()
	found := pages[article]
	mu.RUnlock()
	if found != nil {
		return found
	}
	made := &page{title: fmt.Sprint("article ", article), parts: [][]byte{make([]byte, 300), make([]byte, 200)}}
	mu.Lock()
	defer mu.Unlock()
	pages[article] = made
	return made
}

func main() {
	random := rand.New(rand.NewSource(4))
	for i := 0; i < articles*5; i++ {
		of(random.Intn(articles))
	}
	go load.Forever(time.Millisecond, func(round int) {
		of(random.Intn(articles))
		recent[round%len(recent)] = make([]byte, 200<<10) // what else it does, for which there are collections
	})
	load.Look()
}
