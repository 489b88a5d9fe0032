// batch has a large working set for as long as it sorts and joins: nothing of it is too much, and main's stack alone has it.
package main

import (
	"fmt"
	"math/rand"
	"runtime"
	"sort"
	"strings"
	"time"

	"holdfast.test/healthy/load"
)

type record struct {
	id      int
	country string
	words   []string
	next    *record
}

func read(random *rand.Rand, n int) []*record {
	all := make([]*record, 0, n)
	for i := 0; i < n; i++ {
		text := fmt.Sprintf("the record %d of %d with %x", i, n, random.Int63())
		all = append(all, &record{id: random.Intn(n), country: fmt.Sprint("c", i%190), words: strings.Fields(text)})
	}
	return all
}

func join(all []*record) map[string]*record {
	first := map[string]*record{}
	for _, one := range all {
		one.next = first[one.country]
		first[one.country] = one
	}
	return first
}

func main() {
	random := rand.New(rand.NewSource(2))
	all := read(random, 150000)
	joined := join(all)
	done := make(chan int)
	go func() {
		defer close(done)
		for begin := time.Now(); time.Since(begin) < time.Hour; {
			sort.Slice(all, func(i, j int) bool { return all[i].id < all[j].id })
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			time.Sleep(20 * time.Millisecond)
		}
	}()
	load.Look()
	runtime.KeepAlive(joined)
}
