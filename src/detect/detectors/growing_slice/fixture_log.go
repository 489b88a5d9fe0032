// A log of requests with their texts, which nobody ever cuts, and a ring that has the newest.
//
// expects: possible
// since: strong
//
// uncollected
package growing_slice_log

import (
	"runtime"
	"strconv"
)

type entry struct {
	path   string
	status int
	spent  [9]int64
}

const many = 60_000

type list struct{ entries []entry }

var log, ring *list

var body []byte

// serve makes some garbage, too, as each request does.
func serve(i int) entry {
	body = make([]byte, 1024)
	return entry{path: "/item/" + strconv.Itoa(i), status: 200}
}

func Fault() {
	log = new(list)
	for i := 0; i < many; i++ {
		log.entries = append(log.entries, serve(i))
		if i%(many/4) == 0 {
			runtime.GC()
		}
	}
	runtime.GC() // what comes later is growth
	for len(log.entries) == cap(log.entries) || len(log.entries) < many+4_000 {
		log.entries = append(log.entries, serve(len(log.entries)))
	}
}

func FaultLater() {
	for i := 0; i < many/2; i++ {
		log.entries = append(log.entries, serve(len(log.entries)))
		if i%(many/8) == 0 {
			runtime.GC()
		}
	}
}

func put(i int) {
	if len(ring.entries) < many {
		ring.entries = append(ring.entries, serve(i))
	} else {
		ring.entries[i%many] = serve(i)
	}
}

func Twin() {
	ring = new(list)
	for i := 0; i < many*5; i++ {
		put(i)
	}
	runtime.GC() // what comes later takes the places of what was there
	for i := many * 5; i < many*5+4_000; i++ {
		put(i)
	}
}

func TwinLater() {
	for i := many * 6; i < many*7; i++ {
		put(i)
	}
	runtime.GC()
	runtime.GC()
}
