// map_deletes has maps from which entries go as others come: at any time a good part of their room is free.
package main

import (
	"fmt"
	"math/rand"
	"sync"
	"time"

	"holdfast.test/healthy/load"
)

type visit struct {
	page  string
	until int
	body  [300]byte
}

var (
	visits  = map[int]*visit{}
	byToken sync.Map
	users   = map[string]map[int]*visit{}
)

func main() {
	random, next := rand.New(rand.NewSource(3)), 0
	step := func(round int) {
		v := &visit{page: fmt.Sprint("/page/", next%50), until: round + 2000 + random.Intn(16000)}
		visits[next] = v
		byToken.Store(next, v)
		user := fmt.Sprint("user", next%500)
		if users[user] == nil {
			users[user] = map[int]*visit{}
		}
		users[user][next] = v
		next++
		for tried := 0; tried < 8; tried++ {
			id := next - 1 - random.Intn(20000)
			if old := visits[id]; old != nil && old.until < round {
				delete(visits, id)
				byToken.Delete(id)
				delete(users[fmt.Sprint("user", id%500)], id)
			}
		}
		if id := next - 20000; id >= 0 {
			delete(visits, id)
			byToken.Delete(id)
			delete(users[fmt.Sprint("user", id%500)], id)
		}
	}
	rounds := 0
	for ; rounds < 80000; rounds++ {
		step(rounds)
	}
	go load.Forever(time.Millisecond, func(int) { step(rounds); rounds++ })
	load.Look()
}
