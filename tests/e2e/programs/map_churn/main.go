// map_churn changes maps without rest: they grow, split, are cleared and dropped, and a sync.Map
// has keys stored and deleted. Whoever stops it meets tables half moved, and dead ones whose slots are in use again.
// Ends when its input ends.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

type large struct{ words [40]uint64 }

type visit struct {
	page string
	at   time.Time
}

var (
	few    = map[int]int{}
	visits = map[string]*visit{}
	larges = map[large]large{}
	synced sync.Map
)

func forever(step func(i int)) {
	for i := 0; ; i++ {
		step(i)
	}
}

func fillFew(i int) {
	few[i%9] = i
	if i%9 == 8 {
		for key := range few { // the compiler makes one call of this, that clears the map
			delete(few, key)
		}
	}
}

func fillVisits(i int) {
	const most = 60000
	visits[fmt.Sprint("visit ", i%most)] = &visit{page: fmt.Sprint("page ", i)}
	switch i % (3 * most) {
	case most - 1, 2*most - 1:
		for key := range visits {
			delete(visits, key)
		}
	case 3*most - 1:
		visits = map[string]*visit{}
	}
}

func fillLarges(i int) {
	larges[large{words: [40]uint64{uint64(i % 3000)}}] = large{}
	if i%3000 == 0 {
		for key := range larges {
			delete(larges, key)
		}
	}
}

func fillSynced(i int) {
	synced.Store(i%5000, &visit{page: "synced"})
	if i%3 == 0 {
		synced.Delete(i * 7 % 5000)
	}
}

func main() {
	for _, step := range []func(int){fillFew, fillVisits, fillLarges, fillSynced} {
		go forever(step)
	}
	fmt.Printf(`{"ready":true,"pid":%d,"go_version":%q}`+"\n", os.Getpid(), runtime.Version())
	var b [1]byte
	os.Stdin.Read(b[:])
}
