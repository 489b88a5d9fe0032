// sampled: lists of many types, in variables and on the stacks of goroutines, in a program whose memory profile takes a
// sample for each 4 KiB. What the samples say of a list can be compared with what the graph knows of it.
package main

import (
	"bytes"
	"io"
	"runtime"
	"runtime/pprof"

	"holdfast.test/programs/sampled/early"
	"holdfast.test/programs/truth"
)

const buffers = 30

type node[T any] struct {
	next *node[T]
	body T
}

var (
	lists   []any
	records []*bytes.Buffer
	forever = make(chan bool)
	ready   = make(chan bool)
)

//go:noinline
func list[T any](count int) *node[T] {
	var first *node[T]
	for i := 0; i < count; i++ {
		first = &node[T]{next: first}
	}
	return first
}

// On the heap an interface says which type it has.
//
//go:noinline
func boxed(list any) *any { return &list }

//go:noinline
func keep(list any) { lists = append(lists, list) }

// The buffer grows in the standard library.
//
//go:noinline
func record(size int) {
	buffer := &bytes.Buffer{}
	buffer.Write(make([]byte, size))
	records = append(records, buffer)
}

func main() {
	keep(list[[1]int](20))
	keep(list[[2]int](57))
	keep(list[[3]int](94))
	keep(list[[4]int](131))
	keep(list[[5]int](168))
	keep(list[[6]int](205))
	keep(list[[7]int](242))
	keep(list[[8]int](279))
	keep(list[[9]int](316))
	keep(list[[10]int](353))
	keep(list[[11]int](390))
	keep(list[[12]int](27))
	keep(list[[14]int](64))
	keep(list[[16]int](101))
	keep(list[[18]int](138))
	keep(list[[20]int](175))
	keep(list[[22]int](212))
	keep(list[[24]int](249))
	keep(list[[28]int](286))
	keep(list[[32]int](323))
	keep(list[[36]int](360))
	keep(list[[40]int](397))
	keep(list[[44]int](34))
	keep(list[[48]int](71))
	keep(list[[56]int](108))
	keep(list[[64]int](145))
	keep(list[[72]int](182))
	keep(list[[80]int](219))
	keep(list[[96]int](256))
	keep(list[[112]int](293))
	keep(list[[128]int](330))
	keep(list[[144]int](367))
	keep(list[[160]int](404))
	keep(list[[192]int](41))
	keep(list[[224]int](78))
	keep(list[[256]int](115))
	keep(list[[320]int](152))
	keep(list[[384]int](189))
	keep(list[[448]int](226))
	keep(list[[512]int](263))
	for i := 0; i < buffers; i++ {
		record(20000)
	}
	go func() { held := boxed(list[[13]int](300)); ready <- true; <-forever; runtime.KeepAlive(held) }()
	go func() { held := boxed(list[[21]int](500)); ready <- true; <-forever; runtime.KeepAlive(held) }()
	go func() { held := boxed(list[[33]int](80)); ready <- true; <-forever; runtime.KeepAlive(held) }()
	go func() { held := boxed(list[[60]int](200)); ready <- true; <-forever; runtime.KeepAlive(held) }()
	go func() { held := boxed(list[[100]int](40)); ready <- true; <-forever; runtime.KeepAlive(held) }()
	go func() { held := boxed(list[[200]int](90)); ready <- true; <-forever; runtime.KeepAlive(held) }()
	for i := 0; i < 6; i++ {
		<-ready
	}
	pprof.Lookup("heap").WriteTo(io.Discard, 0) // or the linker would switch the profiler off
	truth.Fact("profile_rate", early.Rate)
	truth.Hold("main.records", "", 0, 0)
	truth.Hold("main.lists", "", 0, 0)
	truth.Ready()
}
