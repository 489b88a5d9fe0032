// lines RATE FILE: functions that allocate, each at a line of its own, what lives, what died before the last collection,
// what died since and what came since, in a program whose memory profile has that rate. It says how much of
// each there is, and writes its heap profile to the file.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
)

type record struct {
	next *record
	body [88]byte
}

const size = 96

type line struct {
	Allocated, Alive, Dead int
}

var (
	stated  = map[string]line{}
	held    []*record
	also    []*record
	dying   []*record
	dropped *record
	arrived []*record
	buffers []*bytes.Buffer
)

//go:noinline
func keep(n int) {
	for i := range held[:n] {
		held[i] = &record{}
	}
	stated["main.keep"] = line{n, n, 0}
}

// Half of what it makes is held by one variable, half by another.
//
//go:noinline
func share(n int) {
	for i := 0; i < n; i++ {
		made := &record{}
		if i%2 == 0 {
			held[len(held)-1-i/2] = made
		} else {
			also[i/2] = made
		}
	}
	stated["main.share"] = line{n, n, 0}
}

//go:noinline
func drop(n int) {
	for i := 0; i < n; i++ {
		dropped = &record{next: dropped}
	}
	dropped = nil
	stated["main.drop"] = line{n, 0, 0}
}

//go:noinline
func die(n int) {
	for i := range dying[:n] {
		dying[i] = &record{}
	}
	stated["main.die"] = line{n, 0, n}
}

//go:noinline
func arrive(n int) {
	for i := range arrived[:n] {
		arrived[i] = &record{}
	}
	stated["main.arrive"] = line{n, n, 0}
}

// The standard library allocates for it.
//
//go:noinline
func write(n int) {
	for _, buffer := range buffers[:n] {
		buffer.Grow(4096)
	}
	stated["main.write"] = line{n, n, 0}
}

// Up to Go 1.23 a new rate counts only after the next sample at the old one, on each processor.
func setRate(rate int) {
	runtime.GOMAXPROCS(1)
	runtime.MemProfileRate = rate
	for i := 0; i < 64; i++ {
		waste = make([]byte, 1<<20)
	}
	waste = nil
}

var waste []byte

func main() {
	rate, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	setRate(rate)
	const n = 20000
	held, also, dying, arrived = make([]*record, 2*n), make([]*record, n), make([]*record, n), make([]*record, n)
	for i := 0; i < 200; i++ {
		buffers = append(buffers, &bytes.Buffer{})
	}
	keep(n)
	share(n)
	drop(n)
	die(n / 2)
	write(200)
	debug.SetGCPercent(-1)
	runtime.GC()
	runtime.GC()
	out, err := os.Create(os.Args[2])
	if err != nil {
		panic(err)
	}
	if err := pprof.Lookup("heap").WriteTo(out, 0); err != nil {
		panic(err)
	}
	for i := range dying {
		dying[i] = nil
	}
	arrive(n / 4)
	text, err := json.Marshal(stated)
	if err != nil {
		panic(err)
	}
	fmt.Printf("{\"pid\":%d,\"go_version\":%q,\"size\":%d,\"lines\":%s}\n", os.Getpid(), runtime.Version(), size, text)
	os.Stdin.Read(make([]byte, 1))
}
