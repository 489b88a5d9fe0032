// diamond: one set of records with two holders, a global map and the frame of a blocked goroutine. Neither holds
// it alone: a tool that gives every object to its first visitor names one of them and is wrong about both.
package main

import (
	"flag"

	"holdfast.test/programs/truth"
)

type record struct {
	id   int
	body [112]byte
}

var (
	diamondByID map[int]*record
	never       = make(chan int)
)

//go:noinline
func diamondHolder(local []*record) int {
	<-never
	return len(local)
}

func main() {
	count := flag.Int("records", 50000, "shared records")
	flag.Parse()
	diamondByID = make(map[int]*record, *count)
	local := make([]*record, 0, *count)
	for i := 0; i < *count; i++ {
		r := &record{id: i}
		diamondByID[i] = r
		local = append(local, r)
	}
	go diamondHolder(local)
	truth.Fact("shared_count", uint64(*count))
	truth.Fact("shared_bytes", uint64(*count)*128)
	truth.Hold("main.diamondByID", "", 0, 0)
	truth.Hold("main.diamondHolder", "", 0, 0)
	truth.Ready()
}
