// Each function has one idea of what the compiler says about memory and what the code does. A comment that begins with
// "//=" says what `holdfast escape build` has to say of its line: VERDICT | CODE | CALL, with the releases of Go before
// it if it is not the same in all; several are separated by ";". tests/e2e/escape.py compares.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
)

type node struct {
	next *node
	data [40]byte
}

var (
	sink     interface{}
	sinks    [3]interface{}
	kept     []*node
	pointer  *int
	pointers [2]*int
	function func()
	channel  chan int
	counts   = map[string]int{}
	text     string
	bytes    []byte
	numbers  []int
)

//go:noinline
func variable() *int {
	x := 5 //= moved to heap | confirmed | newobject|mallocgc
	return &x
}

func inner() *node {
	return &node{} //= escapes | confirmed | newobject|mallocgc
}

func outer() *node {
	return inner()
}

//go:noinline
func constants() {
	sinks[0] = "abc"      //= escapes | refuted |
	sinks[1] = 1000       //= escapes | refuted |
	sinks[2] = struct{}{} //= escapes | refuted |
}

//go:noinline
func boxed(i int) {
	sink = i //= escapes | confirmed | convT64
}

//go:noinline
func boxedByte(b byte) {
	sink = b //= escapes | refuted |
}

//go:noinline
func withoutCapture() {
	function = func() { pointer = nil } //= escapes | refuted |
}

//go:noinline
func withCapture(n int) { //= moved to heap | confirmed | newobject|mallocgc
	function = func() { n++ } //= escapes | confirmed | newobject|mallocgc
}

//go:noinline
func channels() {
	channel = make(chan int, 1) //= not said | allocates | makechan
}

//go:noinline
func goroutines(done chan bool) {
	go func() { done <- true }() //= not said | allocates | newproc
}

//go:noinline
func stores(key string) {
	counts[key] = 1 //= not said | allocates | mapassign
}

//go:noinline
func converts(b []byte) int {
	s := string(b) //= does not escape | allocates anyway | slicebytetostring
	return strings.Index(s, "x") + len(s)
}

//go:noinline
func joins(a, b string) int {
	s := a + b //= does not escape | allocates anyway | concatstring
	return strings.Index(s, "x")
}

//go:noinline
func grows(n int) int {
	s := make([]byte, 0, 10)
	for i := 0; i < n; i++ {
		s = append(s, byte(i)) //= 19-24 not said | allocates | growslice; 25- does not escape | allocates anyway | growslice
	}
	return len(s)
}

//go:noinline
func makes(n int) int {
	s := make([]int, n) //= 19-24 escapes | confirmed | makeslice; 25- does not escape | allocates anyway | makeslice
	for i := range s {
		s[i] = i
	}
	return len(s)
}

//go:noinline
func keeps(n int) {
	numbers = make([]int, n) //= escapes | confirmed | makeslice
}

//go:noinline
func pair() (*int, *int) {
	var x, y int //= 19-24 moved to heap | confirmed | newobject; 25- moved to heap | merged | newobject|mallocgc
	return &x, &y
}

//go:noinline
func large() int {
	var a [200 << 10]byte //= 24- moved to heap | confirmed | newobject|mallocgc
	for i := range a {
		a[i] = byte(i)
	}
	return int(a[len(text)])
}

//go:noinline
func generic[T any](v T) *T { //= moved to heap | confirmed | newobject|mallocgc
	return &v
}

//go:noinline
func leaks(p *int) {
	pointer = p
}

//go:noinline
func fills() {
	for i := 0; i < 500; i++ {
		kept = append(kept, outer())
	}
}

func main() {
	runtime.MemProfileRate = 1
	fills()
	runtime.GC()
	var profile strings.Builder
	if err := pprof.Lookup("allocs").WriteTo(&profile, 0); err != nil {
		panic(err)
	}
	constants()
	boxed(len(kept))
	boxedByte(byte(len(kept)))
	withoutCapture()
	withCapture(3)
	channels()
	done := make(chan bool)
	goroutines(done)
	<-done
	stores(text)
	pointers[0], pointers[1] = pair()
	leaks(variable())
	keeps(10)
	sum := converts(bytes) + joins(text, "b") + grows(100) + makes(20) + large() + *generic(3) + len(*generic("s"))
	truth, err := json.Marshal(map[string]interface{}{"sum": sum, "profile": base64.StdEncoding.EncodeToString([]byte(profile.String()))})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(truth))
	io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(kept)
}
