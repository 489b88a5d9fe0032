// slices_delete: requests are taken out of the list of those that wait, one after the other. What slices.Delete moved
// away stayed behind the end of the list (golang/go#63393, mended in Go 1.22).
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"
)

type request struct{ body [8192]byte }

var waiting []*request

func main() {
	for i := 0; i < 4000; i++ {
		waiting = append(waiting, &request{})
	}
	waiting = slices.Delete(waiting, 50, 3900)
	ready()
	fmt.Println(len(waiting))
}

// ready prints a line when the program may be looked at, and returns when its input ends.
func ready() {
	runtime.GC()
	time.Sleep(200 * time.Millisecond)
	runtime.GC()
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
}
