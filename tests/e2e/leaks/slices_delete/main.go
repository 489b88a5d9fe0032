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

type server struct{ waiting []*request }

func (s *server) answer(from, to int) { s.waiting = slices.Delete(s.waiting, from, to) }

var servers = map[string]*server{}

func main() {
	current := &server{}
	servers["first"] = current
	for i := 0; i < 4000; i++ {
		current.waiting = append(current.waiting, &request{})
	}
	current.answer(50, 3900)
	ready()
	fmt.Println(len(servers["first"].waiting))
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
