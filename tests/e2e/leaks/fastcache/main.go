// fastcache: a service that makes a cache anew for each batch and drops the old one. A cache keeps its chunks outside of the
// heap, and only Reset hands them to the next one (VictoriaMetrics/fastcache#55); with "reset" the program calls it.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/VictoriaMetrics/fastcache"
)

func batch(number int, previous *fastcache.Cache) *fastcache.Cache {
	if previous != nil && len(os.Args) > 1 && os.Args[1] == "reset" {
		previous.Reset()
	}
	cache := fastcache.New(32 << 20)
	value := make([]byte, 4<<10)
	for i := 0; i < 2000; i++ {
		cache.Set([]byte(fmt.Sprintf("batch %d, key %d", number, i)), value)
	}
	return cache
}

func main() {
	var cache *fastcache.Cache
	for i := 0; i < 20; i++ {
		cache = batch(i, cache)
	}
	ready()
	runtime.KeepAlive(cache)
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
