// reuse fills the same lists again and again: what was in one is behind its length until the next fills it, which takes
// milliseconds.
package main

import (
	"sort"
	"time"

	"holdfast.test/healthy/load"
)

type row struct {
	key  int
	body [1000]byte
}

type collector struct {
	rows []*row
	keys []string
}

// collect gathers rows, and gives back their number when they have been used.
func (c *collector) collect(n int) int {
	c.rows = c.rows[:0]
	for i := 0; i < n; i++ {
		c.rows = append(c.rows, &row{key: i * 7919 % n})
	}
	sort.Slice(c.rows, func(i, j int) bool { return c.rows[i].key < c.rows[j].key })
	used := len(c.rows)
	c.rows = c.rows[:0]
	return used
}

var collectors [4]collector

func main() {
	for i := range collectors {
		c := &collectors[i]
		go load.Forever(10*time.Millisecond, func(round int) { c.collect(3000 + round%100) })
	}
	load.Look()
}
