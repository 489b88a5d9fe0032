// ttlcache: entries that are deleted long before they expire. The queue of what expires was cut with a slice
// expression, so its array kept what lay behind its end (jellydator/ttlcache#62).
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/ReneKroon/ttlcache/v2"
)

type page struct{ body [4096]byte }

func main() {
	cache := ttlcache.NewCache()
	cache.SetTTL(time.Hour)
	for i := 0; i < 5000; i++ {
		cache.Set(fmt.Sprint("page ", i), &page{})
	}
	for i := 0; i < 4990; i++ {
		cache.Remove(fmt.Sprint("page ", i))
	}
	ready()
	cache.Close()
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
