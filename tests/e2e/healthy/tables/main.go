// tables has large tables that are filled at the start and only read from then on: a map, a sorted list, a trie, and an
// index of places.
package main

import (
	"fmt"
	"sort"
	"time"

	"holdfast.test/healthy/load"
)

type city struct {
	name, country string
	at            [2]float64
	near          []*city
}

type trie struct {
	children map[byte]*trie
	city     *city
}

func (t *trie) add(c *city) {
	for i := 0; i < len(c.name); i++ {
		if t.children == nil {
			t.children = map[byte]*trie{}
		}
		next := t.children[c.name[i]]
		if next == nil {
			next = &trie{}
			t.children[c.name[i]] = next
		}
		t = next
	}
	t.city = c
}

var (
	byName = map[string]*city{}
	sorted []string
	prefix = &trie{}
	grid   [180][360][]*city
)

func fill() {
	for i := 0; i < 40000; i++ {
		c := &city{name: fmt.Sprintf("city %05d", i*7919%99991), country: fmt.Sprint("country ", i%190), at: [2]float64{float64(i % 180), float64(i % 360)}}
		byName[c.name] = c
		sorted = append(sorted, c.name)
		prefix.add(c)
		cell := &grid[int(c.at[0])][int(c.at[1])]
		if len(*cell) > 0 {
			c.near = append(c.near, (*cell)[0])
		}
		*cell = append(*cell, c)
	}
	sort.Strings(sorted)
}

func main() {
	fill()
	found := 0
	go load.Forever(time.Millisecond, func(round int) {
		name := sorted[round*31%len(sorted)]
		if c := byName[name]; c != nil && len(grid[int(c.at[0])][int(c.at[1])]) > 0 {
			found++
		}
	})
	load.Look()
}
