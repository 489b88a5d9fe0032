// cshared: Go as a library inside a C program (host.c): the process's own executable has no Go in it.
package main

import "C"

import "holdfast.test/programs/truth"

type record struct {
	next *record
	body [120]byte
}

var (
	libraryGlobal []*record
	never         = make(chan int)
)

//export GoStart
func GoStart(n C.int) {
	for i := 0; i < int(n); i++ {
		libraryGlobal = append(libraryGlobal, &record{next: &record{}})
	}
	for i := 0; i < 10; i++ {
		r := &record{}
		go func() { <-never; r.body[0]++ }()
	}
	truth.Hold("main.libraryGlobal", "*main.record", 2*uint64(n), 2*uint64(n)*128)
	truth.Print()
}

//export GoAnswer
func GoAnswer() { truth.Answer() }

func main() {}
