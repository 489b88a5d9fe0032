// grower keeps more and more in main.cache, a little in main.index, loses some to the collector, and leaves goroutines
// that can never go on. It ends with its standard input.
package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

type session struct {
	id     int
	buffer []byte
}

var (
	cache = map[int]*session{}
	index []*session
	last  []byte
)

func wait(never chan int, work []byte) { never <- len(work) }

func grow() {
	for i := 0; ; i++ {
		cache[i] = &session{i, make([]byte, 8192)}
		if i%5 == 0 {
			index = append(index, &session{i, make([]byte, 1024)})
		}
		if i%50 == 0 {
			go wait(make(chan int), make([]byte, 4096))
		}
		last = make([]byte, 4096)
		time.Sleep(2 * time.Millisecond)
	}
}

func main() {
	go grow()
	fmt.Printf("{\"pid\":%d}\n", os.Getpid())
	io.Copy(io.Discard, os.Stdin)
}
