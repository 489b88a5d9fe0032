// lru_cache has a cache of a fixed number of bytes that is full: each new entry drives out the one that was asked for
// longest ago.
package main

import (
	"container/list"
	"fmt"
	"math/rand"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

const most = 40 << 20

type entry struct {
	key   string
	value []byte
}

type cache struct {
	mu    sync.Mutex
	order *list.List
	byKey map[string]*list.Element
	bytes int
}

func (c *cache) get(key string, make func() []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.byKey[key]; ok {
		c.order.MoveToFront(found)
		return found.Value.(*entry).value
	}
	value := make()
	c.byKey[key] = c.order.PushFront(&entry{key, value})
	c.bytes += len(value)
	for c.bytes > most {
		last := c.order.Back()
		old := c.order.Remove(last).(*entry)
		delete(c.byKey, old.key)
		c.bytes -= len(old.value)
	}
	return value
}

var pages = &cache{order: list.New(), byKey: map[string]*list.Element{}}

func main() {
	random := rand.New(rand.NewSource(1))
	ask := func() {
		key := fmt.Sprintf("page/%d", random.Intn(60000))
		pages.get(key, func() []byte { return make([]byte, 200+random.Intn(4000)) })
	}
	for i := 0; i < 100000; i++ {
		ask()
	}
	go load.Forever(time.Millisecond, func(int) {
		for i := 0; i < 20; i++ {
			ask()
		}
	})
	load.Look()
}
