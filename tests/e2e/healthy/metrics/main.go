// metrics has a registry of many series, as many as there are combinations of what can be counted: they are made in the
// first second, and then only counted up.
package main

import (
	"fmt"
	"math/rand"
	"sync"
	"sync/atomic"
	"time"

	"holdfast.test/healthy/load"
)

type series struct {
	labels  []string
	count   atomic.Int64
	buckets [20]atomic.Int64
}

type vector struct {
	name string
	mu   sync.RWMutex
	of   map[string]*series
}

func (v *vector) with(labels ...string) *series {
	key := fmt.Sprint(labels)
	v.mu.RLock()
	found := v.of[key]
	v.mu.RUnlock()
	if found != nil {
		return found
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if found = v.of[key]; found == nil {
		found = &series{labels: labels}
		v.of[key] = found
	}
	return found
}

var registry = map[string]*vector{}

func main() {
	for _, name := range []string{"requests_total", "request_seconds", "errors_total", "bytes_total"} {
		registry[name] = &vector{name: name, of: map[string]*series{}}
	}
	count := func(route, code, shard int) {
		for _, v := range registry {
			v.with(fmt.Sprint("/route/", route), fmt.Sprint(200+code), fmt.Sprint("shard", shard)).count.Add(1)
		}
	}
	for route := 0; route < 100; route++ {
		for code := 0; code < 10; code++ {
			for shard := 0; shard < 10; shard++ {
				count(route, code, shard)
			}
		}
	}
	go load.Forever(time.Millisecond, func(int) { count(rand.Intn(100), rand.Intn(10), rand.Intn(10)) })
	load.Look()
}
