// The same in a map that only a goroutine's frame has: its header lies on the stack, and no type of a map is left in the
// program. All keys are one place.
//
// expects: proven
package pinned_array_local

import (
	"fmt"
	"strings"
)

var ready, forever = make(chan bool), make(chan int)

func gather(name func(line string) string) {
	known := map[string]bool{}
	for i := 0; i < 20000; i++ {
		known[name(fmt.Sprintf("S%07d;%s", i, strings.Repeat("description ", 40)))] = true
	}
	ready <- true
	for i := range forever {
		delete(known, fmt.Sprint(i))
	}
}

func Fault() {
	go gather(func(line string) string { return line[:8] })
	<-ready
}

func Twin() {
	go gather(func(line string) string { return strings.Clone(line[:8]) })
	<-ready
}
