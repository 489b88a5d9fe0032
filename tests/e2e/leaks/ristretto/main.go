// ristretto: caches that are made and closed, as one for each tenant. The ticker of a closed cache went on
// (ristretto#284); before Go 1.23 the runtime keeps such a ticker for ever.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/dgraph-io/ristretto"
)

func main() {
	for i := 0; i < 10000; i++ {
		cache, err := ristretto.NewCache(&ristretto.Config{NumCounters: 100, MaxCost: 10, BufferItems: 64})
		if err != nil {
			panic(err)
		}
		cache.Set(i, i, 1)
		cache.Close()
	}
	ready()
}

// ready prints a line when the program may be looked at, and returns when its input ends. The collections are those that
// a program has had after some hours.
func ready() {
	for i := 0; i < 25; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
}
